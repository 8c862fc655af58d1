//! Who follows: members, from when they are one until they are none.

use kabar_chats::{ConversationKind, ports::LiveFeed as _};
use kabar_kernel::Pos;

use crate::stage::{Seen, Stage};

#[tokio::test(start_paused = true)]
async fn a_new_member_is_told_and_then_sent_what_comes_after_the_head() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[]).await;
    let mut phone = stage.connect(budi).await;
    let mut laptop = stage.connect(budi).await;
    stage.post(group, ayu).await;
    stage.add(group, budi, ayu).await;
    stage.post(group, ayu).await;
    for seat in [&mut phone, &mut laptop] {
        seat.until(Seen::Entry(group, 4)).await;
        let expected = [Seen::Added(group, 2), Seen::Entry(group, 3), Seen::Entry(group, 4)];
        assert_eq!(seat.log(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn all_members_of_a_new_group_hear_of_it() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let mut seats =
        [stage.connect(ayu).await, stage.connect(budi).await, stage.connect(citra).await];
    let group = stage.group(ayu, &[budi, citra]).await;
    for (seat, head) in seats.iter_mut().zip(0..) {
        seat.until(Seen::Entry(group, 3)).await;
        assert_eq!(seat.seen[1], Seen::Added(group, head));
        assert_eq!(seat.positions(group), (head + 1..=3).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_is_told_and_sent_nothing_later() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut stays = stage.connect(ayu).await;
    let mut phone = stage.connect(budi).await;
    let mut laptop = stage.connect(budi).await;
    stage.post(group, ayu).await;
    stage.remove(group, budi, ayu).await;
    stage.post(group, ayu).await;
    stays.until(Seen::Entry(group, 5)).await;
    stage.settled(group).await;
    for seat in [&mut phone, &mut laptop] {
        assert_eq!(seat.drain(), [Seen::Ready, Seen::Entry(group, 3), Seen::Removed(group)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_is_only_seen_in_the_log_counts_as_well() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut stays = stage.connect(ayu).await;
    let mut gone = stage.connect(budi).await;
    stage.keep_hints();
    stage.post(group, ayu).await;
    stage.remove(group, budi, ayu).await;
    stage.post(group, ayu).await;
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    stays.until(Seen::Entry(group, 5)).await;
    stage.settled(group).await;
    assert_eq!(gone.drain(), [Seen::Ready, Seen::Entry(group, 3), Seen::Removed(group)]);
}

#[tokio::test(start_paused = true)]
async fn who_is_removed_and_added_again_and_again_ends_as_what_they_are() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[]).await;
    let mut stays = stage.connect(ayu).await;
    let mut seat = stage.connect(budi).await;
    let mut expected = Vec::new();
    for round in 0..10 {
        let joined = 2 + round * 3;
        stage.add(group, budi, ayu).await;
        stage.remove(group, budi, ayu).await;
        stage.post(group, ayu).await;
        expected.extend([
            Seen::Added(group, joined - 1),
            Seen::Entry(group, joined),
            Seen::Removed(group),
        ]);
    }
    stays.until(Seen::Entry(group, 31)).await;
    stage.settled(group).await;
    assert_eq!(seat.log(), expected);
}

#[tokio::test(start_paused = true)]
async fn who_connects_while_being_removed_has_to_load_again() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut stays = stage.connect(ayu).await;
    let mut seat = stage.attach(budi);
    let loaded = stage.load(budi).await;
    stage.remove(group, budi, ayu).await;
    stays.until(Seen::Entry(group, 3)).await;
    assert_eq!(seat.attach.follow(loaded).await, [group]);
    stage.post(group, ayu).await;
    stays.until(Seen::Entry(group, 4)).await;
    stage.settled(group).await;
    assert_eq!(seat.drain(), [Seen::Ready]);
}

#[tokio::test(start_paused = true)]
async fn who_connects_before_a_removal_is_heard_of_is_sent_nothing_after_it() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.attach(budi);
    let loaded = stage.load(budi).await;
    // Nobody follows: the hub does not keep that it heard of this.
    stage.remove(group, budi, ayu).await;
    stage.settled(group).await;
    assert_eq!(seat.attach.follow(loaded).await, []);
    let mut stays = stage.connect(ayu).await;
    stage.post(group, ayu).await;
    stays.until(Seen::Entry(group, 4)).await;
    stage.settled(group).await;
    assert_eq!(seat.drain(), [Seen::Ready, Seen::Removed(group)]);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_connects_first_does_not_hide_a_joining_from_the_others() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut phone = stage.connect(budi).await;
    let mut owner = stage.connect(ayu).await;
    stage.keep_hints();
    let group = stage.group(ayu, &[budi]).await;
    stage.post(group, ayu).await;
    // Committed, not yet told of; a second device loads and follows.
    let mut laptop = stage.connect(budi).await;
    stage.hub.entries(stage.hints());
    stage.post(group, ayu).await;
    for seat in [&mut phone, &mut owner, &mut laptop] {
        seat.until(Seen::Entry(group, 4)).await;
    }
    assert_eq!(owner.seen[1], Seen::Added(group, 0));
    assert_eq!(owner.positions(group), [1, 2, 3, 4]);
    assert_eq!(phone.seen[1], Seen::Added(group, 1));
    assert_eq!(phone.positions(group), [2, 3, 4]);
    // What it loaded is not sent to it again.
    assert_eq!(laptop.positions(group), [4]);
}

#[tokio::test(start_paused = true)]
async fn an_opened_direct_conversation_reaches_both_on_all_devices() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut seats =
        [stage.connect(ayu).await, stage.connect(budi).await, stage.connect(budi).await];
    let direct = stage.direct(ayu, budi).await;
    stage.post(direct, budi).await;
    for seat in &mut seats {
        seat.until(Seen::Entry(direct, 1)).await;
        assert_eq!(seat.log(), [Seen::Added(direct, 0), Seen::Entry(direct, 1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_direct_conversation_told_of_after_its_first_message_is_sent_from_the_start() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    let direct = stage.direct(ayu, budi).await;
    stage.post(direct, ayu).await;
    let mut laptop = stage.connect(ayu).await;
    stage.hub.entries(stage.hints());
    stage.hub.opened(direct, vec![ayu, budi]);
    stage.post(direct, ayu).await;
    for seat in [&mut seat, &mut laptop] {
        seat.until(Seen::Entry(direct, 2)).await;
    }
    assert_eq!(
        seat.log(),
        [Seen::Added(direct, 0), Seen::Entry(direct, 1), Seen::Entry(direct, 2)]
    );
    assert_eq!(laptop.positions(direct), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_closed_while_it_was_attached_harms_nobody() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut stays = stage.connect(ayu).await;
    let gone = stage.attach(budi);
    gone.connection().close(kabar_realtime::CloseCode::Normal);
    assert_eq!(gone.attach.follow(vec![(group, ConversationKind::Group, Pos::new(2))]).await, []);
    drop(gone);
    assert_eq!(stage.hub.devices(), 1);
    stage.post(group, ayu).await;
    stays.until(Seen::Entry(group, 3)).await;
}
