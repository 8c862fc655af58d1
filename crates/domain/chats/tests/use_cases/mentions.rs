use kabar_chats::{Mentions, SendError, SendMessage, ports::Append};
use kabar_kernel::{ConversationId, Role, UserId};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, body, draft},
};

fn saying(conversation: ConversationId, author: UserId, text: &str) -> SendMessage {
    SendMessage { body: body(text), ..draft(conversation, author) }
}

fn calling(users: &[UserId]) -> Mentions {
    Mentions { users: users.to_vec(), all: false }
}

#[tokio::test]
async fn members_are_called_by_their_names_in_the_order_of_the_text() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let text = "@Dewi, makan? @budi juga. @dewi! @nobody";
    let sent = scene.say_text(warung.group, warung.owner, text).await;
    assert_eq!(sent.mentions, calling(&[warung.member, warung.admin]));
    assert_eq!(scene.read(&sent, warung.moderator).await.mentions, sent.mentions);
}

#[tokio::test]
async fn whoever_is_no_member_or_deactivated_is_not_called() {
    let scene = Scene::new();
    let (ayu, gone) = (scene.user("ayu").await, scene.deactivated("gone").await);
    scene.user("eve").await;
    let group = scene.group(ayu, &[gone]).await;
    let sent = scene.say_text(group, ayu, "@eve @gone @ayu").await;
    assert_eq!(sent.mentions, calling(&[ayu]));
}

#[tokio::test]
async fn a_name_goes_as_far_as_somebody_has_it() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let group = scene.group(ayu, &[budi]).await;
    for text in ["Tanya @budi.", "Tanya @budi..."] {
        assert_eq!(scene.say_text(group, ayu, text).await.mentions, calling(&[budi]), "{text}");
    }
    let with_dot = scene.user("budi.").await;
    let group = scene.group(ayu, &[budi, with_dot]).await;
    let sent = scene.say_text(group, ayu, "Tanya @budi. @budi").await;
    assert_eq!(sent.mentions, calling(&[with_dot, budi]));
}

#[tokio::test]
async fn everybody_is_called_by_moderators_and_above() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    for (role, user) in warung.all() {
        let sent = scene.say_text(warung.group, user, "@all rapat!").await;
        let expected = Mentions { users: Vec::new(), all: role >= Role::Moderator };
        assert_eq!(sent.mentions, expected, "{role}");
    }
}

#[tokio::test]
async fn in_a_direct_conversation_the_other_is_called_by_name_only() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let sent = scene.say_text(conversation, ayu, "@all @budi").await;
    assert_eq!(sent.mentions, calling(&[budi]));
}

#[tokio::test]
async fn a_text_that_names_nobody_asks_nobody() {
    // `named` has no expectation: asking it would fail the test.
    for text in ["Apa kabar?", "ayu@example.com", "@", "@all"] {
        let mut ports = Mocked::new();
        ports.admit();
        ports
            .log
            .expect_append()
            .withf(|new| new.mentions == Mentions::NONE)
            .times(1)
            .returning(|_| Ok(Append::NotAMember));
        let (conversation, author, _) = some_ids();
        let sent = ports.chats().send(saying(conversation, author, text)).await;
        assert!(matches!(sent, Err(SendError::ConversationNotFound)), "{text}");
    }
}

#[tokio::test]
async fn no_more_members_are_asked_for_than_a_message_may_call() {
    let mut ports = Mocked::new();
    ports.admit();
    ports
        .roster
        .expect_named()
        .withf(|_, names| names.len() == Mentions::MAX)
        .times(1)
        .returning(|_, _| Ok(Vec::new()));
    ports.log.expect_append().times(1).returning(|_| Ok(Append::NotAMember));
    let text: String = (0..200).map(|number| format!("@user{number} ")).collect();
    let (conversation, author, _) = some_ids();
    let sent = ports.chats().send(saying(conversation, author, &text)).await;
    assert!(matches!(sent, Err(SendError::ConversationNotFound)));
}

#[tokio::test]
async fn nothing_is_sent_when_the_names_could_not_be_looked_up() {
    let mut ports = Mocked::new();
    ports.admit();
    ports.roster.expect_named().times(1).returning(|_, _| overloaded());
    let (conversation, author, _) = some_ids();
    let failed = ports.chats().send(saying(conversation, author, "@budi")).await;
    assert!(matches!(failed, Err(SendError::Port(_))));
}
