//! How often somebody may do something: token buckets by address, account and user (SECURITY K6).
//!
//! Every bucket starts full, so that a burst passes, and refills at a steady rate. A refusal says
//! after how long the next try would pass. Buckets that are full again are dropped by
//! [`RateLimits::prune`]; what can gather between two of its runs is bounded by how many requests the
//! server can answer in that time.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock, QuantaInstant},
};
use kabar_kernel::UserId;

use crate::config::RateLimitsConfig;

/// After how long a refused try would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// The value of a `Retry-After` header: whole seconds, rounded up, at least 1.
    pub fn seconds(self) -> u64 {
        let whole = self.0.as_secs();
        if self.0.subsec_nanos() > 0 { whole.saturating_add(1) } else { whole.max(1) }
    }
}

/// The limits of one server. Answers `Ok` to everything when they are switched off.
pub struct RateLimits {
    buckets: Option<Buckets>,
    frames: Option<Quota>,
}

struct Buckets {
    hasher: RandomState,
    register: DefaultKeyedRateLimiter<IpAddr>,
    log_in_account: DefaultKeyedRateLimiter<(u64, IpAddr)>,
    log_in_address: DefaultKeyedRateLimiter<IpAddr>,
    refresh: DefaultKeyedRateLimiter<IpAddr>,
    send: DefaultKeyedRateLimiter<UserId>,
    change: DefaultKeyedRateLimiter<UserId>,
    search: DefaultKeyedRateLimiter<UserId>,
}

impl RateLimits {
    /// Full buckets of the configured sizes.
    pub fn new(config: &RateLimitsConfig) -> Self {
        if !config.enabled {
            return Self { buckets: None, frames: None };
        }
        Self {
            buckets: Some(Buckets {
                hasher: RandomState::new(),
                register: by_minute(config.register_per_minute, config.register_burst),
                log_in_account: by_minute(
                    config.login_account_per_minute,
                    config.login_account_burst,
                ),
                log_in_address: by_minute(
                    config.login_address_per_minute,
                    config.login_address_burst,
                ),
                refresh: by_minute(config.refresh_per_minute, config.refresh_burst),
                send: by_second(config.send_per_second, config.send_burst),
                change: by_second(config.change_per_second, config.change_burst),
                search: by_second(config.search_per_second, config.search_burst),
            }),
            frames: Some(
                Quota::per_second(at_least_one(config.frames_per_second))
                    .allow_burst(at_least_one(config.frames_burst)),
            ),
        }
    }

    /// One more account made from this address.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn register(&self, address: IpAddr) -> Result<(), RetryAfter> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        take(&buckets.register, &network(address))
    }

    /// One more try to log in to this account (as it was typed) from this address.
    ///
    /// The bucket of an account is one for each address, so that an attacker elsewhere never locks
    /// the owner out.
    ///
    /// # Errors
    /// The bucket of the account at this address, or of the address, is empty.
    pub fn log_in(&self, account: &str, address: IpAddr) -> Result<(), RetryAfter> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        let address = network(address);
        take(&buckets.log_in_address, &address)?;
        // The account is kept as a keyed hash: a name of any length costs eight bytes, and nobody
        // can choose two that collide. Folded as usernames are, so that spellings share a bucket.
        let account = buckets.hasher.hash_one(account.to_lowercase());
        take(&buckets.log_in_account, &(account, address))
    }

    /// One more exchange of a refresh token from this address.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn refresh(&self, address: IpAddr) -> Result<(), RetryAfter> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        take(&buckets.refresh, &network(address))
    }

    /// One more message sent or forwarded by this user, over HTTP or WebSocket.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn send(&self, user: UserId) -> Result<(), RetryAfter> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        take(&buckets.send, &user)
    }

    /// One more change of a message (an edit, a deletion, a reaction, a pin) or of their own settings by
    /// this user, over HTTP or WebSocket.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn change(&self, user: UserId) -> Result<(), RetryAfter> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        take(&buckets.change, &user)
    }

    /// One more search, or look at who is there, by this user.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn search(&self, user: UserId) -> Result<(), RetryAfter> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        take(&buckets.search, &user)
    }

    /// A bucket for the frames of one connection.
    pub fn frame_bucket(&self) -> FrameBucket {
        FrameBucket(self.frames.map(RateLimiter::direct))
    }

    /// Drops the buckets that are full again; to be called regularly.
    pub fn prune(&self) {
        let Some(buckets) = &self.buckets else { return };
        prune(&buckets.register);
        prune(&buckets.log_in_account);
        prune(&buckets.log_in_address);
        prune(&buckets.refresh);
        prune(&buckets.send);
        prune(&buckets.change);
        prune(&buckets.search);
    }

    /// How many buckets are kept at present; an estimate while requests run.
    pub fn bucket_count(&self) -> usize {
        self.buckets.as_ref().map_or(0, |buckets| {
            buckets.register.len()
                + buckets.log_in_account.len()
                + buckets.log_in_address.len()
                + buckets.refresh.len()
                + buckets.send.len()
                + buckets.change.len()
                + buckets.search.len()
        })
    }
}

/// How often one connection may send a frame.
pub struct FrameBucket(Option<DefaultDirectRateLimiter>);

impl FrameBucket {
    /// One more frame.
    ///
    /// # Errors
    /// The bucket is empty.
    pub fn take(&self) -> Result<(), RetryAfter> {
        match &self.0 {
            Some(bucket) => bucket.check().map_err(|refused| retry_after(&refused)),
            None => Ok(()),
        }
    }
}

/// Who shares a bucket: an IPv4 address, or the /64 that one IPv6 customer has to choose from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn by_second<K: Clone + Eq + Hash>(rate: u32, burst: u32) -> DefaultKeyedRateLimiter<K> {
    RateLimiter::keyed(Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst)))
}

fn by_minute<K: Clone + Eq + Hash>(rate: u32, burst: u32) -> DefaultKeyedRateLimiter<K> {
    RateLimiter::keyed(Quota::per_minute(at_least_one(rate)).allow_burst(at_least_one(burst)))
}

fn take<K: Clone + Eq + Hash>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), RetryAfter> {
    limiter.check_key(key).map_err(|refused| retry_after(&refused))
}

fn retry_after(refused: &NotUntil<QuantaInstant>) -> RetryAfter {
    RetryAfter(refused.wait_time_from(DefaultClock::default().now()))
}

fn prune<K: Clone + Eq + Hash>(limiter: &DefaultKeyedRateLimiter<K>) {
    limiter.retain_recent();
    limiter.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> RateLimits {
        RateLimits::new(&RateLimitsConfig::default())
    }

    fn passes(mut action: impl FnMut() -> Result<(), RetryAfter>) -> usize {
        (0..200).take_while(|_| action().is_ok()).count()
    }

    fn user(number: u128) -> UserId {
        UserId::new(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_burst_passes_and_what_follows_is_told_when_to_come_back() {
        let limits = limits();
        let passed = passes(|| limits.send(user(1)));
        assert!((30..40).contains(&passed), "{passed}");
        let RetryAfter(wait) = limits.send(user(1)).unwrap_err();
        assert!(wait <= Duration::from_millis(100), "{wait:?}");
        assert_eq!(limits.send(user(2)), Ok(()), "another user is not harmed");
    }

    #[test]
    fn who_reacts_to_everything_can_still_send() {
        let limits = limits();
        let passed = passes(|| limits.change(user(1)));
        assert!((50..60).contains(&passed), "{passed}");
        assert_eq!(limits.send(user(1)), Ok(()));
        assert_eq!(limits.change(user(2)), Ok(()), "another user is not harmed");
    }

    #[test]
    fn an_attacker_does_not_lock_the_owner_out() {
        let limits = limits();
        let attacker = IpAddr::from([192, 0, 2, 1]);
        assert!((10..12).contains(&passes(|| limits.log_in("ayu", attacker))));
        assert!(limits.log_in("AYU", attacker).is_err(), "spellings share a bucket");
        assert_eq!(limits.log_in("ayu", IpAddr::from([192, 0, 2, 2])), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let limits = limits();
        let attacker = IpAddr::from([192, 0, 2, 1]);
        let mut number = 0;
        let passed = passes(|| {
            number += 1;
            limits.log_in(&format!("user{number}"), attacker)
        });
        assert!((60..65).contains(&passed), "{passed}");
    }

    #[test]
    fn the_addresses_of_one_ipv6_customer_share_a_bucket() {
        let limits = limits();
        let mut host = 0;
        let passed = passes(|| {
            host += 1;
            limits.register(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host)))
        });
        assert!((60..65).contains(&passed), "{passed}");
        assert_eq!(
            limits.register(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1))),
            Ok(())
        );
    }

    #[test]
    fn nothing_is_refused_when_switched_off() {
        let limits =
            RateLimits::new(&RateLimitsConfig { enabled: false, ..RateLimitsConfig::default() });
        assert_eq!(passes(|| limits.send(user(1))), 200);
        let frames = limits.frame_bucket();
        assert_eq!(passes(|| frames.take()), 200);
        assert_eq!(limits.bucket_count(), 0);
    }

    #[test]
    fn full_buckets_are_dropped() {
        let limits = RateLimits::new(&RateLimitsConfig {
            send_per_second: 10_000,
            ..RateLimitsConfig::default()
        });
        for number in 0..100 {
            assert_eq!(limits.send(user(number)), Ok(()));
        }
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while limits.bucket_count() > 0 && std::time::Instant::now() < deadline {
            limits.prune();
            std::thread::yield_now();
        }
        assert_eq!(limits.bucket_count(), 0);
    }

    #[test]
    fn a_wait_is_answered_in_whole_seconds_and_never_zero() {
        assert_eq!(RetryAfter(Duration::ZERO).seconds(), 1);
        assert_eq!(RetryAfter(Duration::from_millis(1001)).seconds(), 2);
        assert_eq!(RetryAfter(Duration::from_secs(3)).seconds(), 3);
    }
}
