//! Who is typing, said seldom enough.

use std::time::Duration;

use kabar_kernel::{ConversationId, UserId};
use rustc_hash::FxHashMap;
use tokio::time::Instant;

/// The others are told again after this long at the earliest.
const AGAIN: Duration = Duration::from_secs(3);

/// Seconds after which a client takes it that somebody ceased to type, unless it is told again: one
/// repetition may be lost.
pub(super) const EXPIRES_IN: u32 = 6;

/// Typists that a shard remembers; who comes beyond them is not told of.
const TYPISTS_MAX: usize = 16 * 1024;

/// When the others in a conversation were last told of whom.
#[derive(Default)]
pub(super) struct Typists(FxHashMap<(ConversationId, UserId), Instant>);

impl Typists {
    /// Whether the others are to be told now; if so, takes it as told.
    pub(super) fn is_due(
        &mut self,
        conversation: ConversationId,
        user: UserId,
        now: Instant,
    ) -> bool {
        if self.0.len() >= TYPISTS_MAX {
            self.sweep(now);
        }
        let key = (conversation, user);
        let told = self.0.get(&key);
        let due = match told {
            Some(at) => is_over(*at, now),
            None => self.0.len() < TYPISTS_MAX,
        };
        if due {
            self.0.insert(key, now);
        }
        due
    }

    /// Lets go of what does not matter any more.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.0.retain(|_, at| !is_over(*at, now));
    }
}

fn is_over(at: Instant, now: Instant) -> bool {
    now.duration_since(at) >= AGAIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(number: usize) -> T {
        format!("0190a0a0-0000-7000-8000-{number:012x}").parse().unwrap()
    }

    #[test]
    fn no_more_typists_are_remembered_than_the_bound_and_old_ones_make_room() {
        let mut typists = Typists::default();
        let began = Instant::now();
        for number in 0..TYPISTS_MAX {
            assert!(typists.is_due(id(1), id(number), began));
        }
        assert!(!typists.is_due(id(2), id(0), began));
        assert_eq!(typists.0.len(), TYPISTS_MAX);
        assert!(typists.is_due(id(2), id(0), began + AGAIN));
        assert_eq!(typists.0.len(), 1);
    }
}
