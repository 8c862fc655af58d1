//! How far others have received and read.

use kabar_chats::{
    Cursor,
    ports::{Audience, CursorStore as _, LiveFeed as _},
};
use kabar_kernel::{ConversationId, Seq, Timestamp, UserId};

use crate::stage::{Seen, Stage};

fn cursor(conversation: ConversationId, user: UserId, seq: u64, shown: bool) -> Cursor {
    Cursor {
        conversation,
        user,
        read_seq: Seq::new(seq),
        delivered_seq: Seq::new(seq),
        unread: 0,
        mentions: 0,
        marked_unread: false,
        shown,
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_reaches_ones_own_devices_and_the_other_members_each_in_their_words() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut author = stage.connect(ayu).await;
    let mut own = [stage.connect(budi).await, stage.connect(budi).await];
    let mut stranger = stage.connect(stage.id()).await;
    stage.post(direct, ayu).await;
    author.until(Seen::Entry(direct, 1)).await;
    for seat in std::iter::once(&mut author).chain(&mut own) {
        seat.drain();
    }
    let (at, audience) = (Timestamp::from_millis(2), Audience { members: 50 });
    let store = &stage.store;
    store.mark_delivered(direct, budi, Seq::new(1), at, audience).await.unwrap();
    store.mark_read(direct, budi, Seq::new(1), at, audience).await.unwrap();
    stage.settled(direct).await;
    let delivered = Seen::Delivered(direct, budi, 1);
    assert_eq!(author.drain(), [delivered, Seen::OthersRead(direct, budi, 1)]);
    for seat in &mut own {
        assert_eq!(seat.drain(), [delivered, Seen::Read(direct, 1)]);
    }
    assert_eq!(stranger.drain(), [Seen::Ready]);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_is_not_shown_reaches_ones_own_devices_alone() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let (mut other, mut own) = (stage.connect(ayu).await, stage.connect(budi).await);
    stage.hub.read(cursor(direct, budi, 1, false));
    stage.hub.delivered(cursor(direct, budi, 1, false));
    stage.settled(direct).await;
    assert_eq!(other.drain(), [Seen::Ready]);
    let own = own.drain();
    assert_eq!(own, [Seen::Ready, Seen::Read(direct, 1), Seen::Delivered(direct, budi, 1)]);
}

#[tokio::test(start_paused = true)]
async fn that_a_conversation_was_marked_as_unread_reaches_ones_own_devices_alone() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let (mut other, mut own) = (stage.connect(ayu).await, stage.connect(budi).await);
    let (at, audience) = (Timestamp::from_millis(2), Audience { members: 50 });
    stage.store.mark_unread(direct, budi, at, audience).await.unwrap();
    stage.settled(direct).await;
    assert_eq!(other.drain(), [Seen::Ready]);
    assert_eq!(own.drain(), [Seen::Ready, Seen::Read(direct, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_hears_of_no_cursor_any_more() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra]).await;
    let (mut stays, mut gone) = (stage.connect(ayu).await, stage.connect(budi).await);
    stage.remove(group, budi, ayu).await;
    stage.settled(group).await;
    stage.hub.read(cursor(group, citra, 1, true));
    stage.hub.delivered(cursor(group, citra, 2, true));
    stage.settled(group).await;
    let told = [Seen::OthersRead(group, citra, 1), Seen::Delivered(group, citra, 2)];
    assert_eq!(stays.drain()[2..], told);
    assert_eq!(gone.drain(), [Seen::Ready, Seen::Removed(group)]);
}

#[tokio::test(start_paused = true)]
async fn while_a_removal_may_be_missing_no_cursor_of_a_group_is_told() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra]).await;
    let mut gone = stage.connect(budi).await;
    stage.keep_hints();
    stage.remove(group, budi, ayu).await;
    stage.post(group, ayu).await;
    // The log cannot be read, so what is missing stays so for a while.
    stage.log.failures.store(10, std::sync::atomic::Ordering::Relaxed);
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    stage.hub.read(cursor(group, citra, 1, true));
    let typist = stage.connect(citra).await;
    assert!(typist.attach.typing(group).await);
    stage.settled(group).await;
    assert_eq!(gone.drain(), [Seen::Ready]);
    gone.until(Seen::Removed(group)).await;
    assert_eq!(gone.log(), [Seen::Removed(group)]);
}

#[tokio::test(start_paused = true)]
async fn a_full_shard_drops_others_cursors_and_nothing_else() {
    let stage = Stage::stopped();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut own = stage.attach(budi);
    for seq in 1..=5_000 {
        stage.hub.read(cursor(direct, budi, seq, true));
        own.drain();
    }
    stage.run();
    // Those that were taken reach nobody: nobody follows yet.
    stage.settled(direct).await;
    let mut other = stage.connect(ayu).await;
    stage.hub.read(cursor(direct, budi, 6_000, true));
    stage.post(direct, budi).await;
    other.until(Seen::Entry(direct, 1)).await;
    assert!(own.seen.contains(&Seen::Read(direct, 5_000)));
    assert_eq!(other.seen[1], Seen::OthersRead(direct, budi, 6_000));
}
