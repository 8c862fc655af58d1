use std::time::Duration;

use kabar_chats::{ChatLimits, Cursor, CursorError, MovedCursors, Receipt, ports::Audience};
use kabar_kernel::{Clock, ConversationId, IdSource, Seq, UserId};

use crate::{
    fixed::FixedClock,
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, body, on},
};

/// A cursor of somebody who shows how far they are, with nothing called and nothing marked.
fn cursor(
    conversation: ConversationId,
    user: UserId,
    delivered: u64,
    read: u64,
    unread: u32,
) -> Cursor {
    Cursor {
        conversation,
        user,
        read_seq: Seq::new(read),
        delivered_seq: Seq::new(delivered),
        unread,
        mentions: 0,
        marked_unread: false,
        shown: true,
    }
}

#[tokio::test]
async fn reading_moves_the_cursor_forward_and_counts_what_is_left() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say_times(5, conversation, ayu).await;
    // Asked for, then where the cursor stands: never back, never past the last message.
    for (asked, stands, unread) in [(2, 2, 3), (2, 2, 3), (1, 2, 3), (4, 4, 1), (99, 5, 0)] {
        let moved = scene.chats.mark_read(conversation, budi, Seq::new(asked)).await.unwrap();
        let expected = cursor(conversation, budi, stands, stands, unread);
        assert_eq!(moved, expected, "asked for {asked}");
    }
    let seen = scene.chats.conversation(conversation, budi).await.unwrap().state;
    assert_eq!((seen.read_seq, seen.delivered_seq, seen.unread), (Seq::new(5), Seq::new(5), 0));
}

#[tokio::test]
async fn what_is_delivered_is_not_read() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say_times(5, conversation, ayu).await;
    scene.chats.mark_read(conversation, budi, Seq::new(1)).await.unwrap();
    for (asked, stands) in [(3, 3), (2, 3), (99, 5)] {
        let moved = scene.chats.mark_delivered(conversation, budi, Seq::new(asked)).await.unwrap();
        assert_eq!(moved, cursor(conversation, budi, stands, 1, 4), "asked for {asked}");
    }
    let moved = scene.chats.mark_read(conversation, budi, Seq::new(2)).await.unwrap();
    assert_eq!(moved, cursor(conversation, budi, 5, 2, 3), "reading takes nothing back");
}

#[tokio::test]
async fn what_is_unread_is_what_others_said_and_did_not_take_back() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say_times(2, conversation, ayu).await;
    let called = scene.say_text(conversation, ayu, "@budi?").await;
    scene.say(conversation, budi).await;
    let unread = async || {
        let moved = scene.chats.mark_delivered(conversation, budi, Seq::new(4)).await.unwrap();
        (moved.unread, moved.mentions)
    };
    assert_eq!(unread().await, (3, 1));
    scene.chats.delete(on(&said[0], ayu)).await.unwrap();
    assert_eq!(unread().await, (2, 1));
    scene.chats.edit(on(&called, ayu), body("Kamu?")).await.unwrap();
    assert_eq!(unread().await, (2, 0));
}

#[tokio::test]
async fn a_conversation_is_marked_as_unread_until_it_is_read_again() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say(conversation, ayu).await;
    scene.chats.mark_read(conversation, budi, Seq::new(1)).await.unwrap();
    let marked = Cursor { marked_unread: true, ..cursor(conversation, budi, 1, 1, 0) };
    assert_eq!(scene.chats.mark_unread(conversation, budi).await.unwrap(), marked);
    let delivered = scene.chats.mark_delivered(conversation, budi, Seq::new(1)).await.unwrap();
    assert_eq!(delivered, marked, "a delivery is no reading");
    assert!(scene.chats.conversation(conversation, budi).await.unwrap().state.marked_unread);
    assert!(!scene.chats.conversation(conversation, ayu).await.unwrap().state.marked_unread);
    // A cursor that stays where it is was read all the same.
    let read = scene.chats.mark_read(conversation, budi, Seq::new(1)).await.unwrap();
    assert_eq!(read, cursor(conversation, budi, 1, 1, 0));
    assert!(!scene.chats.conversation(conversation, budi).await.unwrap().state.marked_unread);
}

#[tokio::test]
async fn whoever_is_not_a_member_has_no_cursor() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, reader) in [(conversation, eve), (nowhere, ayu)] {
        for refused in [
            scene.chats.mark_read(conversation, reader, Seq::new(1)).await,
            scene.chats.mark_delivered(conversation, reader, Seq::new(1)).await,
            scene.chats.mark_unread(conversation, reader).await,
        ] {
            assert!(matches!(refused, Err(CursorError::ConversationNotFound)), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_comes_back_learns_what_moved_since() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say_times(3, conversation, ayu).await;
    scene.chats.mark_read(conversation, budi, Seq::new(1)).await.unwrap();
    scene.clock.advance(Duration::from_secs(60));
    let since = scene.clock.now();
    let own = scene.chats.mark_read(conversation, ayu, Seq::new(2)).await.unwrap();
    let moved = scene.chats.moved_since(ayu, since).await.unwrap();
    assert_eq!(moved, MovedCursors { own: vec![own], others: vec![] });
    scene.chats.mark_delivered(conversation, budi, Seq::new(3)).await.unwrap();
    let moved = scene.chats.moved_since(ayu, since).await.unwrap();
    let receipt =
        Receipt { conversation, user: budi, read_seq: Seq::new(1), delivered_seq: Seq::new(3) };
    assert_eq!(moved, MovedCursors { own: vec![own], others: vec![receipt] });
    let later = since.after(Duration::from_millis(1));
    assert_eq!(scene.chats.moved_since(ayu, later).await.unwrap(), MovedCursors::default());
    let eve = scene.user("eve").await;
    assert_eq!(scene.chats.moved_since(eve, since).await.unwrap(), MovedCursors::default());
}

#[tokio::test]
async fn in_a_large_group_a_cursor_is_one_s_own() {
    let receipts = Audience { members: 3 };
    let scene = Scene::with_limits(ChatLimits { receipts, ..ChatLimits::default() });
    let warung = scene.warung().await;
    scene.say(warung.group, warung.owner).await;
    let moved = scene.chats.mark_read(warung.group, warung.member, Seq::new(1)).await.unwrap();
    assert!(!moved.shown);
    scene.remove(warung.group, warung.admin, warung.owner).await;
    let moved = scene.chats.mark_unread(warung.group, warung.member).await.unwrap();
    assert!(moved.shown, "within the limit again");
}

#[tokio::test]
async fn a_store_that_fails_moves_no_cursor_and_says_so() {
    let mut ports = Mocked::new();
    ports.cursors.expect_mark_read().times(1).returning(|_, _, _, _, _| overloaded());
    ports.cursors.expect_mark_delivered().times(1).returning(|_, _, _, _, _| overloaded());
    ports.cursors.expect_mark_unread().times(1).returning(|_, _, _, _| overloaded());
    ports.cursors.expect_moved_since().times(1).returning(|_, _, _, _| overloaded());
    let (conversation, reader, _) = some_ids();
    let chats = ports.chats();
    for failed in [
        chats.mark_read(conversation, reader, Seq::new(1)).await,
        chats.mark_delivered(conversation, reader, Seq::new(1)).await,
        chats.mark_unread(conversation, reader).await,
    ] {
        assert!(matches!(failed, Err(CursorError::Port(_))), "{failed:?}");
    }
    let since = FixedClock::new().now();
    assert!(chats.moved_since(reader, since).await.is_err());
}
