//! Who comes and goes.

use std::{
    sync::atomic::Ordering,
    task::{Context, Poll, Waker},
    time::Duration,
};

use kabar_chats::{Presence, ports::Connected as _};
use kabar_kernel::{Timestamp, UserId};
use kabar_realtime::{HubSettings, Transition, Transitions, WATCH_MAX};

use crate::{
    closing::{beat, seconds},
    stage::{Seat, Seen, Stage},
};

const GRACE: Duration = Duration::from_secs(5);

/// What waits to be taken.
fn taken(transitions: &mut Transitions) -> Vec<Transition> {
    let mut taken = Vec::new();
    loop {
        let mut next = std::pin::pin!(transitions.next());
        match next.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(transition)) => taken.push(transition),
            Poll::Ready(None) | Poll::Pending => return taken,
        }
    }
}

fn came(user: UserId, watchers: &[UserId]) -> Transition {
    let at = Timestamp::from_millis(0);
    Transition { user, online: true, at, watchers: watchers.to_vec() }
}

fn went(user: UserId, watchers: &[UserId]) -> Transition {
    Transition { online: false, ..came(user, watchers) }
}

fn online(user: UserId) -> Presence {
    Presence { user, online: true, last_seen_at: None }
}

fn heard(seat: &mut Seat) -> Vec<(UserId, bool)> {
    let seen = seat.drain().into_iter();
    let heard = seen.filter_map(|seen| match seen {
        Seen::Presence(user, online) => Some((user, online)),
        _ => None,
    });
    heard.collect()
}

async fn after(time: Duration) {
    tokio::time::advance(time).await;
}

#[tokio::test(start_paused = true)]
async fn who_comes_is_there_at_once_and_who_goes_after_the_grace() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    let phone = stage.connect(ayu).await;
    assert!(stage.hub.is_online(ayu));
    assert_eq!(taken(&mut transitions), [came(ayu, &[budi])]);
    // A second device is nothing new, and its going neither.
    drop(stage.connect(ayu).await);
    after(2 * GRACE).await;
    assert!(stage.hub.is_online(ayu));
    assert_eq!(taken(&mut transitions), []);
    drop(phone);
    after(GRACE - Duration::from_millis(1)).await;
    assert!(stage.hub.is_online(ayu));
    assert_eq!(taken(&mut transitions), []);
    after(Duration::from_millis(1)).await;
    assert!(!stage.hub.is_online(ayu));
    assert_eq!(taken(&mut transitions), [went(ayu, &[budi])]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_within_the_grace_was_never_gone() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    let mut phone = stage.connect(ayu).await;
    assert_eq!(taken(&mut transitions).len(), 1);
    for _ in 0..10 {
        drop(phone);
        after(GRACE - Duration::from_millis(1)).await;
        phone = stage.connect(ayu).await;
    }
    // The ends of earlier graces pass: while the user is there, and while a later one runs.
    after(GRACE - Duration::from_millis(2)).await;
    assert_eq!(taken(&mut transitions), []);
    drop(phone);
    after(GRACE - Duration::from_millis(1)).await;
    phone = stage.connect(ayu).await;
    after(2 * GRACE).await;
    assert!(stage.hub.is_online(ayu));
    assert_eq!(taken(&mut transitions), []);
    drop(phone);
    after(GRACE - Duration::from_millis(1)).await;
    assert!(stage.hub.is_online(ayu));
    after(Duration::from_millis(1)).await;
    assert_eq!(taken(&mut transitions), [went(ayu, &[budi])]);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_transitions_is_woken_by_them_and_by_the_end_of_a_grace() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    let taker = tokio::spawn(async move {
        let coming = transitions.next().await;
        (coming, transitions.next().await, tokio::time::Instant::now())
    });
    tokio::task::yield_now().await;
    let began = tokio::time::Instant::now();
    drop(stage.connect(ayu).await);
    let (coming, going, at) = taker.await.unwrap();
    assert_eq!((coming, going), (Some(came(ayu, &[budi])), Some(went(ayu, &[budi]))));
    assert!(at - began >= GRACE && at - began < GRACE + Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_with_no_moment_to_wake_at_hears_of_a_going_that_nobody_watches() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let ayu = stage.id();
    let phone = stage.connect(ayu).await;
    let taker = tokio::spawn(async move { transitions.next().await });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    drop(phone);
    let next = tokio::time::timeout(2 * GRACE, taker).await;
    assert_eq!(next.unwrap().unwrap(), Some(went(ayu, &[])));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_follows_nothing_yet_makes_nobody_come() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let ayu = stage.id();
    drop(stage.attach(ayu));
    let seat = stage.attach(ayu);
    assert!(!stage.hub.is_online(ayu));
    after(2 * GRACE).await;
    assert_eq!(taken(&mut transitions), []);
    assert_eq!(seat.attach.follow(Vec::new()).await, []);
    assert!(stage.hub.is_online(ayu));
    // Nor go.
    drop(stage.attach(ayu));
    after(2 * GRACE).await;
    assert!(stage.hub.is_online(ayu));
}

#[tokio::test(start_paused = true)]
async fn a_going_is_handed_out_without_watchers_and_a_coming_is_not() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let ayu = stage.id();
    let clock = beat(&stage);
    clock.0.store(900_000, Ordering::Relaxed);
    seconds(1).await;
    let seat = stage.connect(ayu).await;
    assert_eq!(taken(&mut transitions), []);
    drop(seat);
    // When the device went, not when its grace was over.
    clock.0.store(905_000, Ordering::Relaxed);
    seconds(5).await;
    let at = Timestamp::from_millis(900_000);
    assert_eq!(taken(&mut transitions), [Transition { at, ..went(ayu, &[]) }]);
}

#[tokio::test(start_paused = true)]
async fn who_vanishes_without_a_word_is_gone_once_the_heartbeat_noticed_and_the_grace_is_over() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let ayu = stage.id();
    let seat = stage.connect(ayu).await;
    beat(&stage);
    // As the server does: the attachment goes when its connection is closed.
    let socket = tokio::spawn(async move {
        let connection = std::sync::Arc::clone(&seat.attach.device().connection);
        std::future::poll_fn(|cx| connection.poll_closed(cx)).await;
        drop(seat);
    });
    seconds(0).await;
    for _ in 0..60 {
        assert!(stage.hub.is_online(ayu));
        seconds(1).await;
    }
    socket.await.unwrap();
    assert_eq!(taken(&mut transitions), []);
    seconds(5).await;
    assert_eq!(taken(&mut transitions), [went(ayu, &[])]);
    assert_eq!(stage.hub.online_users(), []);
}

#[tokio::test(start_paused = true)]
async fn no_last_seen_is_lost_and_no_more_than_two_transitions_of_a_user_wait() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    let clock = beat(&stage);
    for round in 1..=50 {
        clock.0.store(round * 1_000, Ordering::Relaxed);
        seconds(1).await;
        drop(stage.connect(ayu).await);
        drop(stage.connect(citra).await);
        after(GRACE).await;
    }
    let phone = stage.connect(ayu).await;
    let at = Timestamp::from_millis(50_000);
    let waited = taken(&mut transitions);
    assert_eq!(
        waited,
        [
            Transition { at, ..went(ayu, &[budi]) },
            Transition { at, ..came(ayu, &[budi]) },
            Transition { at, ..went(citra, &[]) },
        ]
    );
    // A coming before the last going is of no interest any more.
    drop(phone);
    after(GRACE).await;
    drop(stage.connect(ayu).await);
    after(GRACE).await;
    assert_eq!(taken(&mut transitions), [Transition { at, ..went(ayu, &[budi]) }]);
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_and_given_up_is_not_lost() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let ayu = stage.id();
    let _ = tokio::time::timeout(Duration::from_secs(1), transitions.next()).await;
    drop(stage.connect(ayu).await);
    for _ in 0..9 {
        let given_up = tokio::time::timeout(Duration::from_millis(500), transitions.next()).await;
        assert!(given_up.is_err());
    }
    let next = tokio::time::timeout(Duration::from_secs(1), transitions.next()).await;
    assert_eq!(next.unwrap(), Some(went(ayu, &[])));
}

#[tokio::test(start_paused = true)]
async fn a_watch_list_replaces_the_one_before_is_bounded_and_goes_with_its_device() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let many: Vec<UserId> = (0..=WATCH_MAX).map(|_| stage.id()).collect();
    let (last, beyond) = (many[WATCH_MAX - 1], many[WATCH_MAX]);
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu, ayu]);
    watcher.attach.watch(many);
    let _seats = [stage.connect(ayu).await, stage.connect(beyond).await];
    assert_eq!(taken(&mut transitions), []);
    let watched = stage.connect(last).await;
    assert_eq!(taken(&mut transitions), [came(last, &[budi])]);
    drop(watcher);
    drop(watched);
    after(GRACE).await;
    let gone = taken(&mut transitions);
    assert!(gone.contains(&went(last, &[])), "{gone:?}");
    assert!(gone.contains(&went(budi, &[])), "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn presence_is_told_to_those_named_on_devices_that_watch() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let mut watches = stage.connect(budi).await;
    let mut does_not = stage.connect(budi).await;
    let mut may_not = stage.connect(citra).await;
    watches.attach.watch(vec![ayu]);
    may_not.attach.watch(vec![ayu]);
    stage.hub.tell_presence(&online(ayu), &[budi]);
    stage.hub.tell_presence(&online(citra), &[budi]);
    assert_eq!(heard(&mut watches), [(ayu, true)]);
    assert_eq!(heard(&mut does_not), []);
    assert_eq!(heard(&mut may_not), []);
    watches.attach.watch(Vec::new());
    stage.hub.tell_presence(&online(ayu), &[budi]);
    assert_eq!(heard(&mut watches), []);
}

#[tokio::test(start_paused = true)]
async fn several_devices_of_a_watcher_are_one_watcher_and_all_are_told() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut seats = [stage.connect(budi).await, stage.connect(budi).await];
    for seat in &seats {
        seat.attach.watch(vec![ayu]);
    }
    let _phone = stage.connect(ayu).await;
    assert_eq!(taken(&mut transitions), [came(ayu, &[budi])]);
    stage.hub.tell_presence(&online(ayu), &[budi]);
    for seat in &mut seats {
        assert_eq!(heard(seat), [(ayu, true)]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_hides_is_gone_for_watchers_and_who_shows_again_comes() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    let mut own = stage.connect(ayu).await;
    own.attach.watch(vec![ayu]);
    taken(&mut transitions);
    stage.hub.tell_presence(&online(ayu), &[budi]);
    assert_eq!(heard(&mut watcher), [(ayu, true)]);
    for typing in [true, false] {
        // The second time nothing changes but typing.
        stage.hub.set_privacy(ayu, typing, false);
    }
    assert_eq!(heard(&mut watcher), [(ayu, false)]);
    assert_eq!(heard(&mut own), []);
    assert!(stage.hub.is_online(ayu), "who may know is for the store to say");
    // Whoever may know was asked before; the answer comes after.
    stage.hub.tell_presence(&online(ayu), &[budi]);
    assert_eq!(heard(&mut watcher), []);
    assert_eq!(taken(&mut transitions), []);
    stage.hub.set_privacy(ayu, true, true);
    assert_eq!(taken(&mut transitions), [came(ayu, &[ayu, budi])]);
    stage.hub.tell_presence(&online(ayu), &[budi]);
    assert_eq!(heard(&mut watcher), [(ayu, true)]);
    stage.hub.set_privacy(ayu, false, true);
    assert_eq!(taken(&mut transitions), []);
}

#[tokio::test(start_paused = true)]
async fn who_hides_is_not_given_away_by_it_to_those_who_were_never_shown() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let mut knows = stage.connect(budi).await;
    let mut stranger = stage.connect(citra).await;
    let _phone = stage.connect(ayu).await;
    knows.attach.watch(vec![ayu]);
    knows.attach.answered(&[online(ayu)]);
    stranger.attach.watch(vec![ayu]);
    stranger.attach.answered(&[Presence::unknown(ayu)]);
    stage.hub.set_privacy(ayu, true, false);
    assert_eq!(heard(&mut knows), [(ayu, false)]);
    assert_eq!(heard(&mut stranger), []);
    // Who came to know later is told as well.
    stage.hub.set_privacy(ayu, true, true);
    stage.hub.tell_presence(&online(ayu), &[citra]);
    stage.hub.set_privacy(ayu, true, false);
    assert_eq!(heard(&mut stranger), [(ayu, true), (ayu, false)]);
}

#[tokio::test(start_paused = true)]
async fn who_hides_and_is_not_there_makes_nothing_heard() {
    let stage = Stage::new();
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    stage.hub.set_privacy(ayu, true, false);
    stage.hub.set_privacy(ayu, true, true);
    assert_eq!(heard(&mut watcher), []);
    assert_eq!(taken(&mut transitions), []);
}

#[tokio::test(start_paused = true)]
async fn presence_that_is_switched_off_hands_out_nothing_and_watches_nobody() {
    let stage = Stage::with(HubSettings { presence: false, ..HubSettings::default() });
    let mut transitions = stage.transitions();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    let seat = stage.connect(ayu).await;
    assert!(stage.hub.is_online(ayu));
    stage.hub.tell_presence(&online(ayu), &[budi]);
    drop(seat);
    after(GRACE).await;
    assert_eq!(taken(&mut transitions), []);
    assert_eq!(heard(&mut watcher), []);
}

#[tokio::test(start_paused = true)]
async fn those_who_are_there_at_the_end_are_known() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let _seats = [stage.connect(ayu).await, stage.connect(ayu).await];
    drop(stage.connect(budi).await);
    after(GRACE).await;
    drop(stage.connect(citra).await);
    let mut there = stage.hub.online_users();
    there.sort_unstable();
    let mut expected = [ayu, citra];
    expected.sort_unstable();
    assert_eq!(there, expected, "who went less than the grace ago is among them");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_hub_ends_its_transitions_after_the_last_one() {
    let stage = Stage::stopped();
    let mut transitions = stage.transitions();
    let ayu = stage.id();
    let seat = stage.attach(ayu);
    stage.hub.set_privacy(ayu, true, true);
    drop(seat);
    let taker = tokio::spawn(async move { transitions.next().await });
    tokio::task::yield_now().await;
    drop(stage);
    let next = tokio::time::timeout(2 * GRACE, taker).await;
    assert_eq!(next.unwrap().unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn without_anybody_who_takes_transitions_coming_and_going_goes_on() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![ayu]);
    drop(stage.transitions());
    drop(stage.connect(ayu).await);
    assert!(stage.hub.is_online(ayu));
    after(GRACE).await;
    assert!(!stage.hub.is_online(ayu));
}

/// Threads, so that coming and going really meet; of a grace that is over at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_come_and_go_at_once_the_last_word_is_right() {
    let settings = HubSettings { presence_grace: Duration::ZERO, ..HubSettings::default() };
    let stage = std::sync::Arc::new(Stage::with(settings));
    let mut transitions = stage.transitions();
    let (stays, goes, budi): (UserId, UserId, UserId) = (stage.id(), stage.id(), stage.id());
    let watcher = stage.connect(budi).await;
    watcher.attach.watch(vec![stays, goes]);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let stage = std::sync::Arc::clone(&stage);
        tasks.spawn(async move {
            let mut last = None;
            for _ in 0..200 {
                drop(last.take());
                tokio::task::yield_now().await;
                last = Some((stage.connect(stays).await, stage.connect(goes).await));
            }
            last.map(|(stays, _)| stays)
        });
    }
    let mut last_word = std::collections::HashMap::new();
    let mut seats = Vec::new();
    loop {
        tokio::select! {
            Some(transition) = transitions.next() => {
                last_word.insert(transition.user, transition.online);
            }
            Some(seat) = tasks.join_next() => seats.push(seat.unwrap()),
            else => unreachable!("transitions never end here"),
        }
        if tasks.is_empty() {
            break;
        }
    }
    for transition in taken(&mut transitions) {
        last_word.insert(transition.user, transition.online);
    }
    assert!(stage.hub.is_online(stays));
    assert!(!stage.hub.is_online(goes));
    assert_eq!(last_word.get(&stays), Some(&true));
    assert_eq!(last_word.get(&goes), Some(&false));
    assert_eq!(seats.len(), 8);
}
