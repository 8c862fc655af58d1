//! Who is closed, and why.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use kabar_kernel::{Clock, Timestamp};
use kabar_realtime::{CloseCode, Heartbeat, Hub, QueueLimits};

use crate::stage::{Seat, Seen, Stage};

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_cut_off_and_the_others_get_everything() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut fast = stage.connect(ayu).await;
    let mut slow = stage.attach_with(budi, QueueLimits { events: 8, bytes: 1024 * 1024 });
    assert_eq!(slow.attach.follow(stage.load(budi).await).await, []);
    for _ in 0..300 {
        let pos = stage.post(group, ayu).await;
        fast.until(Seen::Entry(group, pos)).await;
    }
    assert_eq!(fast.positions(group), (3..=302).collect::<Vec<_>>());
    assert_eq!(slow.drain(), [Seen::Closed(4008)]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_session_closes_its_sockets_only() {
    let stage = Stage::new();
    let ayu = stage.id();
    let mut ended = stage.connect(ayu).await;
    let mut other = stage.connect(ayu).await;
    let device = ended.attach.device();
    stage.hub.close_session(ayu, device.session, CloseCode::Unauthenticated);
    assert_eq!(ended.drain(), [Seen::Ready, Seen::Closed(4401)]);
    assert_eq!(other.drain(), [Seen::Ready]);
    assert_eq!(other.connection().closed(), None);
}

/// A clock that stands until it is set.
#[derive(Default)]
pub(crate) struct Standing(pub(crate) AtomicI64);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) fn beat(stage: &Stage) -> Arc<Standing> {
    let clock = Arc::new(Standing::default());
    let now: Arc<dyn Clock> = Arc::<Standing>::clone(&clock);
    tokio::spawn(Hub::beat(Arc::clone(&stage.hub), Heartbeat::default(), now));
    clock
}

pub(crate) async fn seconds(count: u64) {
    tokio::time::advance(Duration::from_secs(count)).await;
    // The heart beats now, and what it does is done when it waits again.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

async fn live(seat: &mut Seat, stage: &Stage, for_seconds: u64) -> usize {
    let mut pings = 0;
    for _ in 0..for_seconds {
        seconds(1).await;
        seat.connection().heard(stage.hub.seconds());
        pings += seat.drain().iter().filter(|seen| **seen == Seen::Ping).count();
    }
    pings
}

#[tokio::test(start_paused = true)]
async fn a_peer_is_pinged_at_the_interval_and_stays_as_long_as_it_answers() {
    let stage = Stage::new();
    let mut seat = stage.connect(stage.id()).await;
    beat(&stage);
    seconds(0).await;
    assert_eq!(live(&mut seat, &stage, 24).await, 0);
    assert_eq!(live(&mut seat, &stage, 1).await, 1);
    assert_eq!(live(&mut seat, &stage, 100).await, 4);
    assert_eq!(seat.connection().closed(), None);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_closed_after_a_minute() {
    let stage = Stage::new();
    let mut seat = stage.connect(stage.id()).await;
    beat(&stage);
    seconds(0).await;
    for _ in 0..59 {
        seconds(1).await;
    }
    assert_eq!(seat.connection().closed(), None);
    seconds(1).await;
    assert_eq!(seat.drain(), [Seen::Ready, Seen::Ping, Seen::Ping, Seen::Closed(4408)]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_over_closes_unless_a_fresher_one_was_shown() {
    let stage = Stage::new();
    let mut expires = stage.connect(stage.id()).await;
    let mut renewed = stage.connect(stage.id()).await;
    let clock = beat(&stage);
    renewed.attach.device().renew(Timestamp::from_millis(2_000_000));
    // An older one never shortens.
    renewed.attach.device().renew(Timestamp::from_millis(5));
    clock.0.store(1_000_000, Ordering::Relaxed);
    seconds(1).await;
    assert_eq!(expires.drain(), [Seen::Ready, Seen::Closed(4401)]);
    assert_eq!(renewed.connection().closed(), None);
    clock.0.store(2_000_000, Ordering::Relaxed);
    seconds(1).await;
    assert_eq!(renewed.drain(), [Seen::Ready, Seen::Closed(4401)]);
}
