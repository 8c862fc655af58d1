//! Hints that come, come again, come late, or do not come.

use std::sync::atomic::Ordering;

use kabar_chats::{Entry, ports::LiveFeed as _};
use proptest::prelude::*;

use crate::stage::{Seen, Stage};

#[tokio::test(start_paused = true)]
async fn the_next_entry_goes_straight_out_and_an_older_one_is_dropped() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    // Every read of the log would fail: what comes, comes straight.
    stage.log.failures.store(u32::MAX, Ordering::Relaxed);
    stage.keep_hints();
    for _ in 0..3 {
        stage.post(group, ayu).await;
    }
    let hints = stage.hints();
    for hint in hints.iter().chain(&hints) {
        stage.hub.entries(vec![hint.clone()]);
    }
    seat.until(Seen::Entry(group, 5)).await;
    stage.settled(group).await;
    assert_eq!(seat.positions(group), [3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_hole_is_filled_from_the_log_in_order() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    for _ in 0..200 {
        stage.post(group, ayu).await;
    }
    let last = stage.hints().pop().unwrap();
    stage.hub.entries(vec![last]);
    seat.until(Seen::Entry(group, 202)).await;
    assert_eq!(seat.positions(group), (3..=202).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_long_hole_does_not_cut_off_those_who_keep_reading() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    let reader = tokio::spawn(async move {
        seat.until(Seen::Entry(group, 1_002)).await;
        seat
    });
    stage.keep_hints();
    for _ in 0..1_000 {
        stage.post(group, ayu).await;
    }
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    let mut seat = reader.await.unwrap();
    assert_eq!(seat.positions(group), (3..=1_002).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_failed_read_of_the_log_is_tried_again() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    stage.post(group, ayu).await;
    stage.post(group, ayu).await;
    stage.log.failures.store(5, Ordering::Relaxed);
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    seat.until(Seen::Entry(group, 4)).await;
    assert_eq!(seat.positions(group), [3, 4]);
    assert_eq!(stage.log.failures.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_is_full_loses_nothing_in_the_end() {
    let stage = Stage::stopped();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut seat = stage.attach(budi);
    // All inboxes are full of repetitions.
    stage.keep_hints();
    for _ in 0..40 {
        stage.group(ayu, &[]).await;
    }
    for hint in stage.hints() {
        for _ in 0..4_096 {
            stage.hub.entries(vec![hint.clone()]);
        }
    }
    // Nothing but dropped hints says that these exist.
    let mut late = Vec::new();
    for _ in 0..20 {
        let group = stage.group(ayu, &[budi]).await;
        stage.post(group, ayu).await;
        late.push(group);
    }
    stage.run();
    for group in late {
        seat.until(Seen::Entry(group, 3)).await;
        assert_eq!(seat.positions(group), [2, 3]);
        assert!(seat.seen.contains(&Seen::Added(group, 1)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_dropped_while_the_log_is_being_read_is_not_forgotten() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    stage.post(group, ayu).await;
    stage.post(group, ayu).await;
    // A read that sees the log up to 4 is under way …
    stage.log.late.store(1, Ordering::Relaxed);
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    while stage.log.late.load(Ordering::Relaxed) > 0 {
        tokio::task::yield_now().await;
    }
    // … when 5 is committed, and its hint finds the inbox full of repetitions.
    stage.keep_hints();
    stage.post(group, ayu).await;
    let fifth = stage.hints().pop().unwrap();
    let old = stage.first_entries(group).await.swap_remove(0);
    for _ in 0..4_096 {
        stage.hub.entries(vec![old.clone()]);
    }
    stage.hub.entries(vec![fifth]);
    seat.until(Seen::Entry(group, 5)).await;
    assert_eq!(seat.positions(group), [3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_message_told_of_before_the_joining_that_came_before_it_is_not_lost() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[]).await;
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    stage.add(group, budi, ayu).await;
    stage.post(group, ayu).await;
    for hint in stage.hints().into_iter().rev() {
        stage.hub.entries(vec![hint]);
    }
    seat.until(Seen::Entry(group, 3)).await;
    assert_eq!(seat.log(), [Seen::Added(group, 1), Seen::Entry(group, 2), Seen::Entry(group, 3)]);
}

/// Which hint is delivered after which, some never and some twice.
pub(crate) fn deliveries() -> impl Strategy<Value = (usize, Vec<prop::sample::Index>)> {
    (1_usize..40, prop::collection::vec(any::<prop::sample::Index>(), 0..80))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_hints_do_every_follower_gets_all_in_order(
        (count, order) in deliveries(),
        pauses in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        paused_time(async move {
            let stage = Stage::new();
            let (ayu, budi) = (stage.id(), stage.id());
            let group = stage.group(ayu, &[budi]).await;
            let mut seats = [stage.connect(ayu).await, stage.connect(budi).await];
            stage.keep_hints();
            for _ in 0..count {
                stage.post(group, ayu).await;
            }
            let hints: Vec<Entry> = stage.hints();
            let last = hints.last().unwrap().clone();
            for (index, pause) in order.iter().zip(pauses.iter().cycle()) {
                stage.hub.entries(vec![index.get(&hints).clone()]);
                if *pause {
                    stage.settled(group).await;
                }
            }
            let head = last.pos.get();
            stage.hub.entries(vec![last]);
            for seat in &mut seats {
                seat.until(Seen::Entry(group, head)).await;
            }
            stage.settled(group).await;
            for seat in &mut seats {
                assert_eq!(seat.positions(group), (3..=head).collect::<Vec<_>>());
            }
        });
    }
}

/// Runs a future to its end in paused time.
pub(crate) fn paused_time(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test);
}
