use kabar_chats::{Event, ReadLogError, ReadMessages, Window};
use kabar_kernel::{ConversationId, IdSource, MessageId, Pos, Seq, UserId};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, page},
};

fn query(conversation: ConversationId, reader: UserId, window: Window, size: u16) -> ReadMessages {
    ReadMessages { conversation, reader, window, size: page(size) }
}

#[tokio::test]
async fn each_window_is_read_in_order_and_tells_what_lies_beyond() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say_times(10, conversation, ayu).await;
    let seq = Seq::new;
    for (window, size, expected, has_before, has_after) in [
        (Window::Latest, 3, 8..=10, true, false),
        (Window::Latest, 50, 1..=10, false, false),
        (Window::Before(seq(5)), 3, 2..=4, true, true),
        (Window::Before(seq(3)), 3, 1..=2, false, true),
        (Window::After(seq(5)), 3, 6..=8, true, true),
        (Window::After(seq(8)), 3, 9..=10, true, false),
        (Window::Around(seq(5)), 4, 4..=7, true, true),
        (Window::Around(seq(1)), 4, 1..=3, false, true),
    ] {
        let read = scene.chats.messages(query(conversation, budi, window, size)).await.unwrap();
        let numbers: Vec<u64> = read.items.iter().map(|message| message.seq.get()).collect();
        assert_eq!(numbers, expected.collect::<Vec<u64>>(), "{window:?} of {size}");
        assert_eq!((read.has_before, read.has_after), (has_before, has_after), "{window:?}");
    }
}

#[tokio::test]
async fn a_message_is_read_by_its_id() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    assert_eq!(scene.chats.message(conversation, budi, said.id).await.unwrap(), said);
}

#[tokio::test]
async fn a_message_is_found_in_its_own_conversation_by_its_members_only() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let notes = scene.direct(ayu, ayu).await;
    let said = scene.say(conversation, ayu).await.id;
    let unknown = MessageId::new(scene.ids.next_id());
    for (conversation, reader, message) in
        [(conversation, eve, said), (notes, ayu, said), (conversation, ayu, unknown)]
    {
        let read = scene.chats.message(conversation, reader, message).await;
        assert!(matches!(read, Err(ReadLogError::MessageNotFound)), "{read:?}");
    }
}

#[tokio::test]
async fn entries_after_a_position_are_read_page_by_page_without_a_hole() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let group = scene.group(ayu, &[budi]).await;
    let said = scene.say_times(3, group, budi).await;
    let (mut after, mut log) = (Pos::ZERO, Vec::new());
    loop {
        let read = scene.chats.entries(group, ayu, after, page(2)).await.unwrap();
        after = read.items.last().unwrap().pos;
        log.extend(read.items);
        if !read.has_more {
            break;
        }
    }
    let positions: Vec<u64> = log.iter().map(|entry| entry.pos.get()).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    assert!(matches!(log[0].event, Event::GroupCreated { .. }));
    assert!(matches!(log[1].event, Event::MemberJoined { user, .. } if user == budi));
    assert_eq!(log[2].event, Event::MessagePosted(said[0].clone()));
    let beyond = scene.chats.entries(group, ayu, Pos::new(5), page(2)).await.unwrap();
    assert!(beyond.items.is_empty() && !beyond.has_more);
}

#[tokio::test]
async fn whoever_is_not_a_member_reads_no_history() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let eve = scene.user("eve").await;
    let group = scene.group(ayu, &[budi]).await;
    scene.say(group, budi).await;
    scene.remove(group, budi, ayu).await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, reader) in [(group, eve), (group, budi), (nowhere, ayu)] {
        let read = scene.chats.messages(query(conversation, reader, Window::Latest, 10)).await;
        assert!(matches!(read, Err(ReadLogError::ConversationNotFound)), "{read:?}");
        let read = scene.chats.entries(conversation, reader, Pos::ZERO, page(10)).await;
        assert!(matches!(read, Err(ReadLogError::ConversationNotFound)), "{read:?}");
    }
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_conversation_or_message() {
    let mut ports = Mocked::new();
    ports.log.expect_messages().times(1).returning(|_, _, _, _| overloaded());
    ports.log.expect_message().times(1).returning(|_, _, _| overloaded());
    ports.log.expect_entries_after().times(1).returning(|_, _, _, _| overloaded());
    let chats = ports.chats();
    let (conversation, reader, message) = some_ids();
    let read = chats.messages(query(conversation, reader, Window::Latest, 10)).await;
    assert!(matches!(read, Err(ReadLogError::Port(_))));
    let read = chats.message(conversation, reader, message).await;
    assert!(matches!(read, Err(ReadLogError::Port(_))));
    let read = chats.entries(conversation, reader, Pos::ZERO, page(10)).await;
    assert!(matches!(read, Err(ReadLogError::Port(_))));
}
