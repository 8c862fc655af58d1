//! Who is typing.

use std::time::Duration;

use kabar_kernel::{ConversationId, UserId};
use kabar_realtime::HubSettings;

use crate::stage::{Seat, Seen, Stage};

fn typists(seat: &mut Seat) -> Vec<(ConversationId, UserId)> {
    let seen = seat.drain().into_iter();
    let typists = seen.filter_map(|seen| match seen {
        Seen::Typing(conversation, user, expires_in) => {
            assert_eq!(expires_in, 6);
            Some((conversation, user))
        }
        _ => None,
    });
    typists.collect()
}

async fn after(time: Duration) {
    tokio::time::advance(time).await;
}

#[tokio::test(start_paused = true)]
async fn typing_reaches_the_devices_of_the_other_members_and_nobody_else() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let typist = stage.connect(ayu).await;
    let mut own = stage.connect(ayu).await;
    let mut others = [stage.connect(budi).await, stage.connect(budi).await];
    let mut stranger = stage.connect(stage.id()).await;
    assert!(typist.attach.typing(direct).await);
    for seat in &mut others {
        assert_eq!(typists(seat), [(direct, ayu)]);
    }
    assert_eq!(typists(&mut own), []);
    assert_eq!(typists(&mut stranger), []);
    assert!(!stranger.attach.typing(direct).await);
    assert!(!stranger.attach.typing(stage.id()).await);
    assert_eq!(typists(&mut others[0]), []);
}

#[tokio::test(start_paused = true)]
async fn typing_is_told_once_in_three_seconds_for_each_user_and_conversation() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra]).await;
    let direct = stage.direct(ayu, budi).await;
    let (phone, laptop) = (stage.connect(ayu).await, stage.connect(ayu).await);
    let other = stage.connect(citra).await;
    let mut seat = stage.connect(budi).await;
    for _ in 0..30 {
        assert!(phone.attach.typing(group).await);
        assert!(laptop.attach.typing(group).await);
        after(Duration::from_millis(99)).await;
    }
    assert_eq!(typists(&mut seat), [(group, ayu)]);
    // Another user, and another conversation.
    assert!(other.attach.typing(group).await);
    assert!(phone.attach.typing(direct).await);
    stage.settled(direct).await;
    let mut told = typists(&mut seat);
    told.sort_unstable();
    let mut expected = [(group, citra), (direct, ayu)];
    expected.sort_unstable();
    assert_eq!(told, expected);
    after(Duration::from_millis(30)).await;
    assert!(phone.attach.typing(group).await);
    assert_eq!(typists(&mut seat), [(group, ayu)]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_where_more_devices_follow_than_the_setting_says() {
    let stage = Stage::with(HubSettings { typing_max_devices: 3, ..HubSettings::default() });
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let typist = stage.connect(ayu).await;
    let (mut seat, _second) = (stage.connect(budi).await, stage.connect(budi).await);
    assert!(typist.attach.typing(group).await);
    assert_eq!(typists(&mut seat), [(group, ayu)]);
    after(Duration::from_secs(3)).await;
    let _third = stage.connect(budi).await;
    assert!(typist.attach.typing(group).await);
    assert_eq!(typists(&mut seat), []);
}

#[tokio::test(start_paused = true)]
async fn typing_that_is_switched_off_reaches_nobody() {
    let stage = Stage::with(HubSettings { typing: false, ..HubSettings::default() });
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let typist = stage.connect(ayu).await;
    let mut seat = stage.connect(budi).await;
    assert!(typist.attach.typing(direct).await);
    assert!(!typist.attach.typing(stage.id()).await);
    assert_eq!(typists(&mut seat), []);
}

#[tokio::test(start_paused = true)]
async fn who_hides_it_is_not_shown_typing_on_any_device() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.connect(budi).await;
    let (phone, laptop) = (stage.connect(ayu).await, stage.connect(ayu).await);
    stage.hub.set_privacy(ayu, false, true);
    // Loaded before the change, and come after it.
    phone.attach.device().init_typing(true);
    assert!(phone.attach.typing(direct).await);
    assert!(laptop.attach.typing(direct).await);
    // Connected later, and loaded.
    let late = stage.connect(ayu).await;
    late.attach.device().init_typing(false);
    assert!(late.attach.typing(direct).await);
    assert_eq!(typists(&mut seat), []);
    stage.hub.set_privacy(ayu, true, true);
    assert!(phone.attach.typing(direct).await);
    assert_eq!(typists(&mut seat), [(direct, ayu)]);
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_neither_types_nor_hears_of_it() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut stays = stage.connect(ayu).await;
    let mut gone = stage.connect(budi).await;
    stage.remove(group, budi, ayu).await;
    stage.settled(group).await;
    assert!(!gone.attach.typing(group).await);
    assert!(stays.attach.typing(group).await);
    assert_eq!(typists(&mut stays), []);
    assert_eq!(typists(&mut gone), []);
}
