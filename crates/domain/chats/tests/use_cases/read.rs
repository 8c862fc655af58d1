use kabar_chats::{Cursor, MarkReadError};
use kabar_kernel::{ConversationId, IdSource, Seq};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::Scene,
};

#[tokio::test]
async fn reading_moves_the_cursor_forward_and_counts_what_is_left() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say_times(5, conversation, ayu).await;
    // Asked for, then where the cursor stands: never back, never past the last message.
    for (asked, stands, unread) in [(2, 2, 3), (2, 2, 3), (1, 2, 3), (4, 4, 1), (99, 5, 0)] {
        let cursor = scene.chats.mark_read(conversation, budi, Seq::new(asked)).await.unwrap();
        let expected = Cursor { conversation, user: budi, read_seq: Seq::new(stands), unread };
        assert_eq!(cursor, expected, "asked for {asked}");
    }
    let seen = scene.chats.conversation(conversation, budi).await.unwrap();
    assert_eq!((seen.state.read_seq, seen.state.unread), (Seq::new(5), 0));
}

#[tokio::test]
async fn whoever_is_not_a_member_has_nothing_to_read() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, reader) in [(conversation, eve), (nowhere, ayu)] {
        let refused = scene.chats.mark_read(conversation, reader, Seq::new(1)).await;
        assert!(matches!(refused, Err(MarkReadError::ConversationNotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_store_that_fails_moves_no_cursor_and_says_so() {
    let mut ports = Mocked::new();
    ports.conversations.expect_mark_read().times(1).returning(|_, _, _| overloaded());
    let (conversation, reader, _) = some_ids();
    let failed = ports.chats().mark_read(conversation, reader, Seq::new(1)).await;
    assert!(matches!(failed, Err(MarkReadError::Port(_))));
}
