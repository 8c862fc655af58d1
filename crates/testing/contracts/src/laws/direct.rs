//! `ConversationStore::open_direct`.

use std::{collections::BTreeSet, sync::Arc};

use kabar_chats::{ConversationKind, RosterMember};
use kabar_kernel::{Pos, Role, Seq};

use crate::{
    Stores,
    scene::{Scene, at_once},
};

/// Of any number of concurrent `open_direct` between the same two users, from either side, one
/// makes the conversation and all answer it.
pub async fn concurrent_openings_from_both_sides_make_one_conversation(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let opened = at_once((0..40).map(|number| {
        let scene = Arc::clone(&scene);
        let (user, peer) = if number % 2 == 0 { (ayu, budi) } else { (budi, ayu) };
        async move {
            scene.conversations.open_direct(scene.id(), user, peer, scene.now()).await.unwrap()
        }
    }))
    .await;
    let ids: BTreeSet<_> = opened.iter().map(|opened| opened.conversation.state.id).collect();
    assert_eq!(ids.len(), 1, "one pair has several conversations");
    assert_eq!(opened.iter().filter(|opened| opened.created).count(), 1);
    for user in [ayu, budi] {
        let states = scene.conversations.states(user).await.unwrap();
        assert_eq!(states.iter().map(|state| state.id).collect::<BTreeSet<_>>(), ids);
    }
}

/// A conversation with oneself has one member.
pub async fn a_conversation_with_oneself_has_one_member(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let id = scene.id();
    let opened = scene.conversations.open_direct(id, ayu, ayu, scene.now()).await.unwrap();
    assert!(opened.created);
    assert_eq!(opened.conversation.state.id, id);
    assert_eq!(opened.conversation.member_count, 1);
    assert_eq!(opened.conversation.members, [RosterMember { user: ayu, role: Role::Member }]);
    let again = scene.conversations.open_direct(scene.id(), ayu, ayu, scene.now()).await.unwrap();
    assert!(!again.created);
    assert_eq!(again.conversation, opened.conversation);
    let heard = scene.heard.until("the opening", |heard| !heard.opened.is_empty()).await;
    assert_eq!(heard.opened, [(id, vec![ayu])]);
    scene.say(id, ayu).await;
    let state = scene.state(id, ayu).await.unwrap();
    assert_eq!((state.last_seq.get(), state.unread), (1, 0), "nobody is unread to oneself");
}

/// The conversation is the same for both, empty, and both are members.
pub async fn both_sides_see_the_opened_conversation(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let (id, now) = (scene.id(), scene.now());
    let opened = scene.conversations.open_direct(id, budi, ayu, now).await.unwrap();
    assert!(opened.created);
    let from_ayu = scene.conversations.open_direct(scene.id(), ayu, budi, scene.now()).await;
    let from_ayu = from_ayu.unwrap();
    assert!(!from_ayu.created);
    for seen in [&opened.conversation, &from_ayu.conversation] {
        assert_eq!(seen.state.id, id);
        assert_eq!(seen.state.kind, ConversationKind::Direct);
        assert_eq!((seen.state.head, seen.state.last_seq), (Pos::ZERO, Seq::ZERO));
        assert_eq!((seen.state.read_seq, seen.state.unread), (Seq::ZERO, 0));
        assert_eq!((seen.role, &seen.name), (Role::Member, &None));
        assert_eq!((seen.created_at, seen.active_at), (now, now));
        assert_eq!(seen.member_count, 2);
        let members: BTreeSet<_> = seen.members.iter().map(|member| member.user).collect();
        assert_eq!(members, BTreeSet::from([ayu, budi]));
        assert!(seen.members.iter().all(|member| member.role == Role::Member));
    }
    let read = scene.conversations.by_id(id, ayu).await.unwrap();
    assert_eq!(read, Some(from_ayu.conversation));
}

/// A newly opened conversation reaches the live feed once, after its commit; one that was found
/// does not.
pub async fn only_a_new_conversation_reaches_the_feed(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let first = scene.direct(people[0], people[1]).await;
    assert_eq!(scene.direct(people[1], people[0]).await, first);
    assert_eq!(scene.direct(people[0], people[1]).await, first);
    let second = scene.direct(people[0], people[2]).await;
    let heard = scene
        .heard
        .until("the last opening", |heard| heard.opened.iter().any(|(id, _)| *id == second))
        .await;
    assert_eq!(heard.opened.len(), 2, "{:?}", heard.opened);
    let members = heard.opened.iter().find(|(id, _)| *id == first).map(|(_, members)| members);
    let members = members.expect("the first opening was heard");
    assert_eq!(members.len(), 2);
    assert!(members.contains(&people[0]) && members.contains(&people[1]));
}

/// Every pair has a conversation of its own.
pub async fn pairs_do_not_share_a_conversation(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let mut ids = BTreeSet::new();
    for (index, user) in people.iter().enumerate() {
        for peer in &people[index..] {
            ids.insert(scene.direct(*user, *peer).await);
        }
    }
    assert_eq!(ids.len(), 10);
}
