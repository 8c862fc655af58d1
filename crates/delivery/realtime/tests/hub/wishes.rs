//! What a user decides on one device holds on all of them.

use kabar_notifications::{Concern, Level, Preferences, Rules, ports::NotificationFeed as _};

use crate::stage::{Seen, Stage};

#[tokio::test(start_paused = true)]
async fn what_was_decided_or_marked_reaches_all_devices_of_the_user_alone() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut own = [stage.connect(ayu).await, stage.connect(ayu).await];
    let mut other = stage.connect(budi).await;
    stage.hub.preferences(ayu, group, Preferences::default());
    stage.hub.marked(ayu, Vec::new(), 7);
    for seat in &mut own {
        assert_eq!(seat.drain(), [Seen::Ready, Seen::Preferences(group), Seen::Marked(7)]);
    }
    assert_eq!(other.drain(), [Seen::Ready]);
}

#[tokio::test(start_paused = true)]
async fn rules_hold_on_all_devices_and_none_that_were_loaded_before_replace_them() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut early = stage.connect(budi).await;
    let mut late = stage.attach(budi);
    assert_eq!(late.attach.follow(stage.load(budi).await).await, []);
    let preferences = Preferences { level: Some(Level::None), muted_until: None };
    let silent = Rules { quiet: None, conversations: [(direct, preferences)].into() };
    stage.hub.rules(budi, silent.clone());
    late.attach.device().init_rules(Rules::default());
    stage.post(direct, ayu).await;
    stage.settled(direct).await;
    let mut third = stage.connect(budi).await;
    third.attach.device().init_rules(silent);
    stage.post(direct, ayu).await;
    stage.settled(direct).await;
    for seat in [&mut early, &mut late, &mut third] {
        assert_eq!(seat.notices(), []);
        seat.seen.clear();
    }
    stage.hub.rules(budi, Rules::default());
    stage.post(direct, ayu).await;
    stage.settled(direct).await;
    for seat in [&mut early, &mut late, &mut third] {
        assert_eq!(seat.notices(), [(3, Concern::Message)]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_for_a_group_goes_with_the_membership() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    let preferences = Preferences { level: Some(Level::None), muted_until: None };
    stage.hub.rules(budi, Rules { quiet: None, conversations: [(group, preferences)].into() });
    stage.remove(group, budi, ayu).await;
    stage.add(group, budi, ayu).await;
    stage.settled(group).await;
    let notices = seat.notices();
    assert!(matches!(notices.as_slice(), [(_, Concern::Joined)]), "{notices:?}");
}
