use kabar_chats::{ActivityCursor, OverviewError};
use kabar_kernel::{ConversationId, IdSource, Role, Seq};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, page},
};

#[tokio::test]
async fn a_member_sees_the_conversation_with_their_own_numbers_and_role() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let group = scene.group(ayu, &[budi]).await;
    scene.say_times(2, group, ayu).await;
    let seen = scene.chats.conversation(group, budi).await.unwrap();
    assert_eq!((seen.role, seen.name.as_deref()), (Role::Member, Some("Warung Kopi")));
    assert_eq!((seen.state.last_seq, seen.state.unread), (Seq::new(2), 2));
    let seen = scene.chats.conversation(group, ayu).await.unwrap();
    assert_eq!((seen.role, seen.state.unread), (Role::Owner, 0));
}

#[tokio::test]
async fn whoever_is_not_a_member_finds_no_conversation() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, reader) in [(conversation, eve), (nowhere, ayu)] {
        let seen = scene.chats.conversation(conversation, reader).await;
        assert!(matches!(seen, Err(OverviewError::NotFound)), "{seen:?}");
    }
    assert!(scene.chats.states(eve).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_latest_active_conversation_is_listed_first_and_pages_go_on() {
    let scene = Scene::new();
    let ayu = scene.user("ayu").await;
    let mut opened = Vec::new();
    for name in ["budi", "citra", "dewi"] {
        let peer = scene.user(name).await;
        opened.push(scene.direct(ayu, peer).await);
    }
    for index in [2, 0, 1] {
        scene.say(opened[index], ayu).await;
    }
    let first = scene.chats.conversations(ayu, None, page(2)).await.unwrap();
    let ids: Vec<_> = first.items.iter().map(|conversation| conversation.state.id).collect();
    assert_eq!((ids, first.has_more), (vec![opened[1], opened[0]], true));
    let last = &first.items[1];
    let after = ActivityCursor { active_at: last.active_at, conversation: last.state.id };
    let rest = scene.chats.conversations(ayu, Some(after), page(2)).await.unwrap();
    let ids: Vec<_> = rest.items.iter().map(|conversation| conversation.state.id).collect();
    assert_eq!((ids, rest.has_more), (vec![opened[2]], false));
}

#[tokio::test]
async fn a_client_that_comes_back_gets_the_numbers_of_all_its_conversations() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let notes = scene.direct(budi, budi).await;
    scene.say_times(3, conversation, ayu).await;
    let states = scene.chats.states(budi).await.unwrap();
    let numbers: Vec<_> =
        states.iter().map(|state| (state.id, state.last_seq.get(), state.unread)).collect();
    assert_eq!(numbers, [(conversation, 3, 3), (notes, 0, 0)]);
    assert_eq!(scene.chats.epoch().await.unwrap(), scene.chats.epoch().await.unwrap());
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_or_empty_overview() {
    let mut ports = Mocked::new();
    ports.conversations.expect_by_id().times(1).returning(|_, _| overloaded());
    ports.conversations.expect_list().times(1).returning(|_, _, _| overloaded());
    ports.conversations.expect_states().times(1).returning(|_| overloaded());
    ports.conversations.expect_epoch().times(1).returning(overloaded);
    let chats = ports.chats();
    let (conversation, reader, _) = some_ids();
    let seen = chats.conversation(conversation, reader).await;
    assert!(matches!(seen, Err(OverviewError::Port(_))));
    assert!(chats.conversations(reader, None, page(10)).await.is_err());
    assert!(chats.states(reader).await.is_err());
    assert!(chats.epoch().await.is_err());
}
