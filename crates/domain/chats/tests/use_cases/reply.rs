use kabar_chats::{Quote, SendError, SendMessage, ports::Append};
use kabar_kernel::{ConversationId, MessageId, UserId};

use crate::{
    mocked::{Mocked, some_message},
    scene::{Scene, body, draft, on},
};

fn answer(conversation: ConversationId, author: UserId, to: MessageId) -> SendMessage {
    SendMessage { reply_to: Some(to), ..draft(conversation, author) }
}

#[tokio::test]
async fn a_reply_shows_what_it_answers() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let question = scene.say_text(conversation, ayu, "Sudah makan?").await;
    let sent = scene.chats.send(answer(conversation, budi, question.id)).await.unwrap();
    assert_eq!(sent.message.reply_to, Some(question.id));
    let read = scene.read(&sent.message, ayu).await;
    assert_eq!(read.quote.as_deref(), Some(&Quote::of(&question)));
}

#[tokio::test]
async fn a_reply_shows_what_it_answers_as_it_is_now() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let question = scene.say_text(conversation, ayu, "Sudah makan?").await;
    let reply = scene.chats.send(answer(conversation, budi, question.id)).await.unwrap().message;

    let edited = scene.chats.edit(on(&question, ayu), body("Sudah minum?")).await.unwrap();
    let quote = scene.read(&reply, budi).await.quote.unwrap();
    assert_eq!(quote.excerpt.as_str(), "Sudah minum?");
    assert_eq!(quote.edited_at, edited.edited_at);

    scene.chats.delete(on(&question, ayu)).await.unwrap();
    let quote = scene.read(&reply, budi).await.quote.unwrap();
    assert_eq!((quote.excerpt.as_str(), quote.deleted_at.is_some()), ("", true));
    assert_eq!((quote.id, quote.author), (question.id, ayu), "its place stays");
}

#[tokio::test]
async fn a_message_that_is_deleted_may_still_be_answered() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let question = scene.say(conversation, ayu).await;
    scene.chats.delete(on(&question, ayu)).await.unwrap();
    let sent = scene.chats.send(answer(conversation, budi, question.id)).await.unwrap();
    let quote = scene.read(&sent.message, budi).await.quote.unwrap();
    assert_eq!((quote.id, quote.excerpt.as_str()), (question.id, ""));
}

#[tokio::test]
async fn only_a_message_of_the_same_conversation_is_answered() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let notes = scene.direct(ayu, ayu).await;
    let elsewhere = scene.say(notes, ayu).await.id;
    let unknown = scene.unknown(conversation, ayu).message;
    let before = scene.head(conversation, ayu).await;
    for message in [elsewhere, unknown] {
        let refused = scene.chats.send(answer(conversation, ayu, message)).await;
        assert!(matches!(refused, Err(SendError::ReplyNotFound)), "{refused:?}");
    }
    assert_eq!(scene.head(conversation, ayu).await, before);
}

#[tokio::test]
async fn whoever_wrote_what_is_answered_is_named_to_the_log() {
    let mut ports = Mocked::new();
    let (mut question, on) = some_message();
    let author = UserId::new(on.conversation.as_uuid());
    question.author = author;
    ports.admit();
    ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(question)));
    ports
        .log
        .expect_append()
        .withf(move |new| {
            new.reply.is_some_and(|reply| (reply.message, reply.author) == (on.message, author))
        })
        .times(1)
        .returning(|_| Ok(Append::NotAMember));
    let sent = ports.chats().send(answer(on.conversation, on.actor, on.message)).await;
    assert!(matches!(sent, Err(SendError::ConversationNotFound)));
}
