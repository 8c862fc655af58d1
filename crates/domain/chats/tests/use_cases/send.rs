use kabar_chats::{
    ClientId, Mentions, Message, SendError, SendMessage, Standing,
    ports::{Append, Appended, NewMessage},
};
use kabar_kernel::{Clock, ConversationId, IdSource, PortError, Pos, Role, Seq};
use mockall::Sequence;

use crate::{
    mocked::{CHECKED, Mocked, overloaded, some_ids, standing},
    scene::{Scene, body, client_id, draft},
};

/// The store appended what it was asked to.
fn appended(new: NewMessage) -> Append {
    let message = Message {
        id: new.id,
        conversation: new.conversation,
        seq: Seq::new(1),
        pos: Pos::new(1),
        author: new.author,
        client_id: new.client_id,
        body: new.body,
        reply_to: new.reply.map(|reply| reply.message),
        quote: None,
        forward: new.forward,
        mentions: new.mentions,
        reactions: Vec::new(),
        created_at: new.created_at,
        edited_at: None,
        deleted_at: None,
    };
    Append::Appended(Appended { message, created: true })
}

#[tokio::test]
async fn a_message_is_stored_as_it_was_sent() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let command = SendMessage { client_id: Some(client_id("m-1")), ..draft(conversation, ayu) };
    let sent = scene.chats.send(command.clone()).await.unwrap();
    assert!(sent.created);
    let message = sent.message;
    assert_eq!((message.seq, message.pos), (Seq::new(1), Pos::new(1)));
    assert_eq!((message.conversation, message.author), (conversation, ayu));
    assert_eq!((&message.body, message.reply_to), (&command.body, None));
    assert_eq!((&message.mentions, message.forward), (&Mentions::NONE, None));
    assert_eq!(
        (Some(&message.client_id), message.created_at),
        (command.client_id.as_ref(), scene.clock.now())
    );
    assert_eq!(scene.chats.message(conversation, budi, message.id).await.unwrap(), message);
}

#[tokio::test]
async fn sending_again_with_the_same_client_id_answers_the_same_message() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let command = SendMessage { client_id: Some(client_id("m-1")), ..draft(conversation, ayu) };
    let first = scene.chats.send(command.clone()).await.unwrap();
    scene.say(conversation, budi).await;
    let again = scene.chats.send(command.clone()).await.unwrap();
    assert_eq!((again.message, again.created), (first.message, false));
    let others = scene.chats.send(SendMessage { author: budi, ..command }).await.unwrap();
    assert!(others.created, "the client id of another author is another one");
}

#[tokio::test]
async fn without_a_client_id_the_message_gets_its_own_id_as_one() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let first = scene.say(conversation, ayu).await;
    let second = scene.say(conversation, ayu).await;
    assert_eq!(first.client_id, ClientId::from_message(first.id));
    assert_ne!(first.id, second.id);
    assert_eq!(second.seq, Seq::new(2));
}

#[tokio::test]
async fn whoever_is_not_a_member_sends_nothing() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, author) in [(conversation, eve), (nowhere, ayu)] {
        let refused = scene.chats.send(draft(conversation, author)).await;
        assert!(matches!(refused, Err(SendError::ConversationNotFound)), "{refused:?}");
    }
    assert_eq!(scene.chats.conversation(conversation, ayu).await.unwrap().state.head, Pos::ZERO);
}

#[tokio::test]
async fn a_removed_member_sends_nothing_more() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let group = scene.group(ayu, &[budi]).await;
    scene.say(group, budi).await;
    scene.remove(group, budi, ayu).await;
    let refused = scene.chats.send(draft(group, budi)).await;
    assert!(matches!(refused, Err(SendError::ConversationNotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_stranger_is_refused_before_the_log_is_asked() {
    let mut ports = Mocked::new();
    ports.roster.expect_standing().times(1).returning(|_, _| Ok(None));
    let (conversation, user, message) = some_ids();
    let command = SendMessage { reply_to: Some(message), ..draft(conversation, user) };
    let refused = ports.chats().send(command).await;
    assert!(matches!(refused, Err(SendError::ConversationNotFound)));
}

#[tokio::test]
async fn a_member_who_is_removed_between_the_check_and_the_append_is_refused() {
    let mut ports = Mocked::new();
    ports.admit();
    ports.log.expect_append().times(1).returning(|_| Ok(Append::NotAMember));
    let (conversation, user, _) = some_ids();
    let refused = ports.chats().send(draft(conversation, user)).await;
    assert!(matches!(refused, Err(SendError::ConversationNotFound)));
}

#[tokio::test]
async fn an_outdated_call_of_everybody_is_checked_again_against_the_present_roster() {
    let (mut ports, mut order) = (Mocked::new(), Sequence::new());
    let later = CHECKED.next();
    let demoted = Standing { roster: later, ..standing(Role::Member) };
    for standing in [standing(Role::Moderator), demoted] {
        ports
            .roster
            .expect_standing()
            .times(1)
            .in_sequence(&mut order)
            .returning(move |_, _| Ok(Some(standing)));
        let is_demoted = standing == demoted;
        ports
            .log
            .expect_append()
            .withf(move |new| new.mentions.all != is_demoted && new.checked == standing.roster)
            .times(1)
            .in_sequence(&mut order)
            .returning(move |new| Ok(if is_demoted { appended(new) } else { Append::Outdated }));
    }
    let (conversation, user, _) = some_ids();
    let command = SendMessage { body: body("@all rapat!"), ..draft(conversation, user) };
    let sent = ports.chats().send(command).await.unwrap();
    assert!(!sent.message.mentions.all);
    assert_eq!(sent.message.client_id, ClientId::from_message(sent.message.id));
}

#[tokio::test]
async fn a_call_that_stays_outdated_fails_for_a_while_after_three_attempts() {
    let mut ports = Mocked::new();
    ports.roster.expect_standing().times(3).returning(|_, _| Ok(Some(standing(Role::Moderator))));
    ports.log.expect_append().times(3).returning(|_| Ok(Append::Outdated));
    let (conversation, user, _) = some_ids();
    let command = SendMessage { body: body("@all rapat!"), ..draft(conversation, user) };
    let failed = ports.chats().send(command).await;
    assert!(matches!(failed, Err(SendError::Port(failure)) if failure.transient));
}

#[tokio::test]
async fn the_append_names_the_roster_against_which_the_right_was_checked() {
    let (mut ports, mut order) = (Mocked::new(), Sequence::new());
    ports
        .roster
        .expect_standing()
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, _| Ok(Some(standing(Role::Member))));
    ports
        .log
        .expect_append()
        .withf(|new| new.checked == CHECKED)
        .times(1)
        .in_sequence(&mut order)
        .returning(|new| Ok(appended(new)));
    let (conversation, user, _) = some_ids();
    assert!(ports.chats().send(draft(conversation, user)).await.is_ok());
}

#[tokio::test]
async fn a_full_queue_is_a_failure_that_may_be_gone_on_the_next_try() {
    let mut ports = Mocked::new();
    ports.admit();
    ports.log.expect_append().times(1).returning(|_| overloaded());
    let (conversation, user, _) = some_ids();
    let failed = ports.chats().send(draft(conversation, user)).await;
    assert!(matches!(failed, Err(SendError::Port(PortError { transient: true, .. }))));
}

#[tokio::test]
async fn nothing_is_sent_when_the_right_or_the_reply_could_not_be_checked() {
    let (conversation, user, message) = some_ids();

    let mut ports = Mocked::new();
    ports.roster.expect_standing().times(1).returning(|_, _| overloaded());
    let failed = ports.chats().send(draft(conversation, user)).await;
    assert!(matches!(failed, Err(SendError::Port(_))));

    let mut ports = Mocked::new();
    ports.admit();
    ports.log.expect_message().times(1).returning(|_, _, _| overloaded());
    let command = SendMessage { reply_to: Some(message), ..draft(conversation, user) };
    assert!(matches!(ports.chats().send(command).await, Err(SendError::Port(_))));
}
