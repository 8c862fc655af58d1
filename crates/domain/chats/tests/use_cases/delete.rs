use std::time::Duration;

use kabar_chats::{ChangeMessageError, Event, Mentions, MessageBody, ports::MockMessageTx};
use kabar_kernel::{Clock, Pos, Role, UserId};

use crate::{
    mocked::{Mocked, knowing, overloaded, some_message},
    scene::{Scene, emoji, on, page},
};

#[tokio::test]
async fn nothing_is_left_of_a_deleted_message_but_its_place() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say_text(conversation, ayu, "@budi, rahasia").await;
    scene.chats.react(on(&said, budi), emoji("👍")).await.unwrap();
    scene.chats.pin(on(&said, budi)).await.unwrap();
    scene.clock.advance(Duration::from_secs(1));
    scene.chats.delete(on(&said, ayu)).await.unwrap();

    let left = scene.read(&said, budi).await;
    assert_eq!(left.deleted_at, Some(scene.clock.now()));
    assert_eq!((left.body, left.mentions), (MessageBody::removed(), Mentions::NONE));
    assert!(left.reactions.is_empty());
    assert!(scene.chats.pins(conversation, budi).await.unwrap().is_empty());
    assert_eq!((left.id, left.seq, left.pos), (said.id, said.seq, said.pos));
    assert_eq!((left.author, left.client_id), (said.author, said.client_id));
    let log = scene.chats.entries(conversation, budi, Pos::ZERO, page(10)).await.unwrap().items;
    let Event::MessagePosted(posted) = &log[0].event else { panic!("{log:?}") };
    assert_eq!(posted.body, MessageBody::removed());
    let Event::MessageDeleted(deleted) = log.last().unwrap().event else { panic!("{log:?}") };
    assert_eq!((deleted.id, deleted.seq), (said.id, said.seq));
}

#[tokio::test]
async fn an_origin_is_deleted_with_the_words() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let forwarded = scene.forward(&said, conversation, ayu).await;
    scene.chats.delete(on(&forwarded, ayu)).await.unwrap();
    assert_eq!(scene.read(&forwarded, ayu).await.forward, None);
}

#[tokio::test]
async fn deleting_again_changes_nothing() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    let (head, left) = (scene.head(conversation, ayu).await, scene.read(&said, ayu).await);
    scene.clock.advance(Duration::from_secs(1));
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    assert_eq!((scene.head(conversation, ayu).await, scene.read(&said, ayu).await), (head, left));
}

#[tokio::test]
async fn a_group_s_moderators_and_above_delete_the_messages_of_all() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    for (author_role, author) in warung.all() {
        for (role, actor) in warung.all() {
            let said = scene.say(warung.group, author).await;
            let deleted = scene.chats.delete(on(&said, actor)).await;
            if actor == author || role >= Role::Moderator {
                assert!(deleted.is_ok(), "{role} deletes the message of the {author_role}");
            } else {
                assert!(matches!(deleted, Err(ChangeMessageError::Forbidden)), "{deleted:?}");
                assert_eq!(scene.read(&said, actor).await, said);
            }
        }
    }
}

#[tokio::test]
async fn in_a_direct_conversation_each_deletes_their_own() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let refused = scene.chats.delete(on(&said, budi)).await;
    assert!(matches!(refused, Err(ChangeMessageError::Forbidden)), "{refused:?}");
    // Long after the window in which it may be edited.
    scene.clock.advance(Duration::from_secs(365 * 24 * 60 * 60));
    scene.chats.delete(on(&said, ayu)).await.unwrap();
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_found() {
    let scene = Scene::new();
    for on in scene.out_of_reach().await {
        let refused = scene.chats.delete(on).await;
        assert!(matches!(refused, Err(ChangeMessageError::MessageNotFound)), "{on:?} {refused:?}");
    }
}

#[tokio::test]
async fn the_role_at_the_moment_of_the_change_decides() {
    let mut ports = Mocked::new();
    let (message, mut on) = some_message();
    on.actor = UserId::new(on.conversation.as_uuid());
    // What a cache says of the roster is not asked: `standing` of the roster has no expectation.
    ports.begin(knowing(&message, Role::Member));
    let refused = ports.chats().delete(on).await;
    assert!(matches!(refused, Err(ChangeMessageError::Forbidden)), "{refused:?}");
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_message() {
    let (message, on) = some_message();
    let mut unread = MockMessageTx::new();
    unread.expect_message().times(1).returning(|_| overloaded());
    let mut undeleted = knowing(&message, Role::Member);
    undeleted.expect_delete().times(1).returning(|_, _| overloaded());
    let mut uncommitted = knowing(&message, Role::Member);
    uncommitted.expect_delete().times(1).returning(|_, _| Ok(()));
    uncommitted.expect_commit().times(1).returning(overloaded);
    for tx in [unread, undeleted, uncommitted] {
        let mut ports = Mocked::new();
        ports.begin(tx);
        let failed = ports.chats().delete(on).await;
        assert!(matches!(failed, Err(ChangeMessageError::Port(_))), "{failed:?}");
    }
    let mut ports = Mocked::new();
    ports.log.expect_begin().times(1).returning(|_, _| overloaded());
    assert!(matches!(ports.chats().delete(on).await, Err(ChangeMessageError::Port(_))));
}
