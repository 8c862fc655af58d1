use kabar_chats::{ConversationKind, OpenDirectError};
use kabar_kernel::{Pos, Role, Seq, UserId};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::Scene,
};

#[tokio::test]
async fn two_people_open_a_conversation_without_a_past() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let opened = scene.chats.open_direct(ayu, budi).await.unwrap();
    assert!(opened.created);
    let conversation = opened.conversation;
    assert_eq!(conversation.state.kind, ConversationKind::Direct);
    assert_eq!((conversation.state.head, conversation.state.last_seq), (Pos::ZERO, Seq::ZERO));
    assert_eq!((conversation.role, conversation.name), (Role::Member, None));
    let members: Vec<_> = conversation.members.iter().map(|member| member.user).collect();
    assert_eq!(members, [ayu, budi]);
}

#[tokio::test]
async fn opening_it_again_from_either_side_answers_the_same_conversation() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let id = scene.direct(ayu, budi).await;
    for (user, peer) in [(ayu, budi), (budi, ayu)] {
        let again = scene.chats.open_direct(user, peer).await.unwrap();
        assert_eq!((again.conversation.state.id, again.created), (id, false));
    }
}

#[tokio::test]
async fn a_conversation_with_oneself_has_one_member() {
    let scene = Scene::new();
    let ayu = scene.user("ayu").await;
    let opened = scene.chats.open_direct(ayu, ayu).await.unwrap();
    assert_eq!((opened.created, opened.conversation.member_count), (true, 1));
    let again = scene.chats.open_direct(ayu, ayu).await.unwrap();
    assert_eq!((again.conversation.state.id, again.created), (opened.conversation.state.id, false));
}

#[tokio::test]
async fn nothing_is_opened_with_whoever_does_not_exist_or_is_deactivated() {
    let scene = Scene::new();
    let ayu = scene.user("ayu").await;
    for peer in [scene.stranger(), scene.deactivated("gone").await] {
        let refused = scene.chats.open_direct(ayu, peer).await;
        assert!(matches!(refused, Err(OpenDirectError::PeerNotFound)), "{refused:?}");
    }
    assert!(scene.chats.states(ayu).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refused_opening_never_reaches_the_store() {
    let mut ports = Mocked::new();
    ports.people.expect_active().times(1).returning(|_| Ok(false));
    let (_, user, other) = some_ids();
    let peer = UserId::new(other.as_uuid());
    let refused = ports.chats().open_direct(user, peer).await;
    assert!(matches!(refused, Err(OpenDirectError::PeerNotFound)));
}

#[tokio::test]
async fn nobody_is_asked_whether_one_exists_oneself() {
    let mut ports = Mocked::new();
    ports.conversations.expect_open_direct().times(1).returning(|_, _, _, _| overloaded());
    let (_, user, _) = some_ids();
    let failed = ports.chats().open_direct(user, user).await;
    assert!(matches!(failed, Err(OpenDirectError::Port(_))));
}

#[tokio::test]
async fn a_failure_is_not_an_unknown_peer() {
    let (_, user, other) = some_ids();
    let peer = UserId::new(other.as_uuid());

    let mut ports = Mocked::new();
    ports.people.expect_active().times(1).returning(|_| overloaded());
    let failed = ports.chats().open_direct(user, peer).await;
    assert!(matches!(failed, Err(OpenDirectError::Port(_))));

    let mut ports = Mocked::new();
    ports.people.expect_active().times(1).returning(|_| Ok(true));
    ports.conversations.expect_open_direct().times(1).returning(|_, _, _, _| overloaded());
    let failed = ports.chats().open_direct(user, peer).await;
    assert!(matches!(failed, Err(OpenDirectError::Port(_))));
}
