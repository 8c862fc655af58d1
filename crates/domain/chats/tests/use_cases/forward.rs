use std::time::Duration;

use kabar_chats::{
    Forward, ForwardError, ForwardMessage, Mentions, SendMessage,
    ports::{Append, Appended},
};
use kabar_kernel::{Clock, ConversationId, IdSource, Seq};

use crate::{
    mocked::{CHECKED, Mocked, overloaded, some_ids, some_message},
    scene::{Scene, body, client_id, draft, forward, on},
};

#[tokio::test]
async fn a_forward_is_a_copy_that_names_who_wrote_it_first_and_when() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let citra = scene.user("citra").await;
    let said = scene.say_text(conversation, ayu, "@budi, kabar baik").await;
    let elsewhere = scene.direct(budi, citra).await;
    scene.clock.advance(Duration::from_secs(60));
    let sent = scene.chats.forward(forward(&said, elsewhere, budi)).await.unwrap();
    assert!(sent.created);
    let copy = sent.message;
    assert_eq!((copy.conversation, copy.author, copy.seq), (elsewhere, budi, Seq::new(1)));
    assert_eq!(copy.body, said.body);
    assert_eq!(copy.forward, Some(Forward { author: ayu, created_at: said.created_at }));
    assert_eq!((copy.created_at, copy.reply_to), (scene.clock.now(), None));
    assert_ne!(copy.id, said.id);
    assert_eq!(scene.read(&copy, citra).await.forward, copy.forward);
}

#[tokio::test]
async fn a_forward_calls_nobody_and_answers_nothing() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let question = scene.say(warung.group, warung.member).await;
    let command = SendMessage {
        body: body("@dewi @all, lihat"),
        reply_to: Some(question.id),
        ..draft(warung.group, warung.owner)
    };
    let said = scene.chats.send(command).await.unwrap().message;
    assert!(said.mentions.all && said.reply_to.is_some());
    let copy = scene.forward(&said, warung.group, warung.owner).await;
    assert_eq!((copy.mentions, copy.reply_to), (Mentions::NONE, None));
}

#[tokio::test]
async fn a_forward_of_a_forward_names_the_first_author() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let notes = scene.direct(budi, budi).await;
    let once = scene.forward(&said, notes, budi).await;
    scene.clock.advance(Duration::from_secs(60));
    let twice = scene.forward(&once, conversation, budi).await;
    assert_eq!(twice.forward, Some(Forward { author: ayu, created_at: said.created_at }));
}

#[tokio::test]
async fn a_copy_is_untouched_by_what_becomes_of_the_original() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let notes = scene.direct(budi, budi).await;
    let copy = scene.forward(&said, notes, budi).await;
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    assert_eq!(scene.read(&copy, budi).await, copy);
}

#[tokio::test]
async fn a_retry_answers_the_copy_also_when_its_source_has_gone_since() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let notes = scene.direct(budi, budi).await;
    let command =
        ForwardMessage { client_id: Some(client_id("f-1")), ..forward(&said, notes, budi) };
    let first = scene.chats.forward(command.clone()).await.unwrap();
    let again = scene.chats.forward(command.clone()).await.unwrap();
    assert_eq!((&again.message, again.created), (&first.message, false));
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    let again = scene.chats.forward(command.clone()).await.unwrap();
    assert_eq!((&again.message, again.created), (&first.message, false));

    let unsent = ForwardMessage { client_id: Some(client_id("f-2")), ..command };
    let refused = scene.chats.forward(unsent).await;
    assert!(matches!(refused, Err(ForwardError::SourceNotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_retry_answers_the_copy_also_when_its_source_may_be_read_no_more() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let said = scene.say(warung.group, warung.owner).await;
    let notes = scene.direct(warung.member, warung.member).await;
    let command = ForwardMessage {
        client_id: Some(client_id("f-1")),
        ..forward(&said, notes, warung.member)
    };
    let first = scene.chats.forward(command.clone()).await.unwrap();
    scene.remove(warung.group, warung.member, warung.owner).await;
    let again = scene.chats.forward(command).await.unwrap();
    assert_eq!((again.message, again.created), (first.message, false));
}

#[tokio::test]
async fn only_what_the_author_may_read_is_forwarded() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let eve = scene.user("eve").await;
    let notes = scene.direct(eve, eve).await;
    let deleted = scene.say(conversation, ayu).await;
    scene.chats.delete(on(&deleted, ayu)).await.unwrap();
    let said = scene.say(conversation, ayu).await;
    let own_notes = scene.direct(budi, budi).await;
    for command in [
        // A stranger's, one of another conversation than named, a deleted and an unknown one.
        forward(&said, notes, eve),
        ForwardMessage { from: own_notes, ..forward(&said, own_notes, budi) },
        forward(&deleted, own_notes, budi),
        ForwardMessage {
            message: scene.unknown(conversation, budi).message,
            ..forward(&said, own_notes, budi)
        },
    ] {
        for client_id in [None, Some(client_id("f-1"))] {
            let command = ForwardMessage { client_id, ..command.clone() };
            let refused = scene.chats.forward(command.clone()).await;
            assert!(matches!(refused, Err(ForwardError::SourceNotFound)), "{command:?}");
        }
    }
    assert_eq!(scene.head(own_notes, budi).await.get(), 0);
}

#[tokio::test]
async fn nothing_is_forwarded_to_where_one_is_not_a_member() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let (eve, mallory) = (scene.user("eve").await, scene.user("mallory").await);
    let theirs = scene.direct(eve, mallory).await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for to in [theirs, nowhere] {
        let refused = scene.chats.forward(forward(&said, to, ayu)).await;
        assert!(matches!(refused, Err(ForwardError::ConversationNotFound)), "{refused:?}");
    }
    assert_eq!(scene.head(theirs, eve).await.get(), 0);
}

#[tokio::test]
async fn a_stranger_is_refused_before_the_source_is_read() {
    let mut ports = Mocked::new();
    ports.roster.expect_standing().times(1).returning(|_, _| Ok(None));
    let (message, on) = some_message();
    let refused = ports.chats().forward(forward(&message, on.conversation, on.actor)).await;
    assert!(matches!(refused, Err(ForwardError::ConversationNotFound)));
}

#[tokio::test]
async fn a_member_who_is_removed_between_the_check_and_the_append_is_refused() {
    let mut ports = Mocked::new();
    let (message, on) = some_message();
    let command = forward(&message, on.conversation, on.actor);
    ports.admit();
    ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(message)));
    ports
        .log
        .expect_append()
        .withf(|new| new.checked == CHECKED)
        .times(1)
        .returning(|_| Ok(Append::NotAMember));
    let refused = ports.chats().forward(command).await;
    assert!(matches!(refused, Err(ForwardError::ConversationNotFound)));
}

#[tokio::test]
async fn without_a_client_id_the_copy_gets_its_own_id_as_one() {
    let mut ports = Mocked::new();
    let (message, on) = some_message();
    let command = forward(&message, on.conversation, on.actor);
    ports.admit();
    let source = message.clone();
    ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(source)));
    ports
        .log
        .expect_append()
        .withf(|new| new.client_id.as_str() == new.id.to_string())
        .times(1)
        .return_once(move |_| Ok(Append::Appended(Appended { message, created: true })));
    assert!(ports.chats().forward(command).await.is_ok());
}

#[tokio::test]
async fn a_failure_is_not_an_unknown_source() {
    let (message, on) = some_message();
    let command = ForwardMessage {
        client_id: Some(client_id("f-1")),
        ..forward(&message, on.conversation, on.actor)
    };
    let mut unchecked = Mocked::new();
    unchecked.roster.expect_standing().times(1).returning(|_, _| overloaded());
    let mut unread = Mocked::new();
    unread.admit();
    unread.log.expect_message().times(1).returning(|_, _, _| overloaded());
    let mut unsent = Mocked::new();
    unsent.admit();
    unsent.log.expect_message().times(1).returning(|_, _, _| Ok(None));
    unsent.log.expect_sent().times(1).returning(|_, _, _| overloaded());
    let mut unwritten = Mocked::new();
    unwritten.admit();
    unwritten.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(message)));
    unwritten.log.expect_append().times(1).returning(|_| overloaded());
    for ports in [unchecked, unread, unsent, unwritten] {
        let failed = ports.chats().forward(command.clone()).await;
        assert!(matches!(failed, Err(ForwardError::Port(_))), "{failed:?}");
    }
}

#[tokio::test]
async fn what_was_sent_before_is_looked_for_where_it_was_sent() {
    let mut ports = Mocked::new();
    let (conversation, author, message) = some_ids();
    let from = ConversationId::new(message.as_uuid());
    ports.admit();
    ports.log.expect_message().times(1).returning(|_, _, _| Ok(None));
    ports
        .log
        .expect_sent()
        .withf(move |to, by, name| (*to, *by, name.as_str()) == (conversation, author, "f-1"))
        .times(1)
        .returning(|_, _, _| Ok(None));
    let client_id = Some(client_id("f-1"));
    let command = ForwardMessage { conversation, author, client_id, from, message };
    let refused = ports.chats().forward(command).await;
    assert!(matches!(refused, Err(ForwardError::SourceNotFound)));
}
