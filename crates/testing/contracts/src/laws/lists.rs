//! `ConversationStore`: one conversation, the list, the states, the epoch.

use kabar_chats::{ActivityCursor, Conversation, ConversationKind, RosterMember};
use kabar_kernel::{ConversationId, PageSize, Role, UserId};

use crate::{
    Stores,
    scene::{Scene, page},
};

/// Pages through the whole list; checks that every page but the last is full.
async fn whole_list(scene: &Scene, reader: UserId, size: PageSize) -> Vec<Conversation> {
    let mut seen: Vec<Conversation> = Vec::new();
    loop {
        let after = seen.last().map(cursor);
        let found = scene.conversations.list(reader, after, size).await.unwrap();
        assert!(found.items.iter().all(|item| Some(cursor(item)) != after), "repeats its cursor");
        seen.extend(found.items.iter().cloned());
        assert!(found.items.len() <= usize::from(size.get()), "more than was asked for");
        if !found.has_more {
            return seen;
        }
        assert_eq!(found.items.len(), usize::from(size.get()), "a page in the middle is full");
    }
}

fn cursor(conversation: &Conversation) -> ActivityCursor {
    ActivityCursor { active_at: conversation.active_at, conversation: conversation.state.id }
}

fn ids(conversations: &[Conversation]) -> Vec<ConversationId> {
    conversations.iter().map(|conversation| conversation.state.id).collect()
}

/// `by_id` answers `None` for whoever is not a member now, as for an unknown conversation.
pub async fn a_conversation_is_unknown_to_whoever_is_not_a_member(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &[people[1], people[2]]).await;
    let direct = scene.direct(people[0], people[1]).await;
    assert!(scene.conversations.by_id(group, people[1]).await.unwrap().is_some());
    assert_eq!(scene.conversations.by_id(group, people[3]).await.unwrap(), None);
    assert_eq!(scene.conversations.by_id(direct, people[3]).await.unwrap(), None);
    assert_eq!(scene.conversations.by_id(scene.id(), people[0]).await.unwrap(), None);
    scene.remove(group, people[2], people[0]).await;
    assert_eq!(scene.conversations.by_id(group, people[2]).await.unwrap(), None);
    let seen = scene.conversations.by_id(group, people[1]).await.unwrap().unwrap();
    assert_eq!(seen.member_count, 2);
}

/// `list` is by `active_at`, latest first; a message makes its conversation the first.
pub async fn the_list_is_by_recent_activity(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let me = people[0];
    let (with_one, with_two) =
        (scene.direct(me, people[1]).await, scene.direct(me, people[2]).await);
    let group = scene.group(me, &[people[3]]).await;
    let foreign = scene.direct(people[1], people[2]).await;
    assert_eq!(ids(&whole_list(&scene, me, page(50)).await), [group, with_two, with_one]);
    let message = scene.say(with_one, people[1]).await;
    scene.say(foreign, people[1]).await;
    let list = whole_list(&scene, me, page(50)).await;
    assert_eq!(ids(&list), [with_one, group, with_two]);
    assert_eq!(list[0].active_at, message.created_at);
    for listed in list {
        let alone = scene.conversations.by_id(listed.state.id, me).await.unwrap();
        assert_eq!(alone, Some(listed), "the list and the single read differ");
    }
}

/// Each page goes on after the cursor without repeating or leaving out a conversation.
pub async fn the_list_pages_without_repeat_or_omission(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(14).await;
    let mut expected = Vec::new();
    for peer in &people[1..] {
        expected.push(scene.direct(people[0], *peer).await);
    }
    expected.reverse();
    for size in [1, 4, 12, 13, 14] {
        assert_eq!(ids(&whole_list(&scene, people[0], page(size)).await), expected, "{size}");
    }
    assert_eq!(whole_list(&scene, scene.id(), page(5)).await, []);
}

/// Of conversations that were active at the same moment the greater id comes first, also from page
/// to page.
pub async fn the_list_pages_past_conversations_of_the_same_moment(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(10).await;
    let mut expected = Vec::new();
    let moments = [scene.now(), scene.now(), scene.now()];
    for (index, peer) in people[1..].iter().enumerate() {
        let (id, at) = (scene.id(), moments[index % 3]);
        scene.conversations.open_direct(id, people[0], *peer, at).await.unwrap();
        expected.push((at, id));
    }
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let expected: Vec<ConversationId> = expected.into_iter().map(|(_, id)| id).collect();
    for size in [1, 2, 3, 4, 9] {
        assert_eq!(ids(&whole_list(&scene, people[0], page(size)).await), expected, "{size}");
    }
}

/// While pages are read, a conversation that moves to the front neither hides nor repeats one that
/// did not move.
pub async fn a_moving_conversation_hides_none_that_stays(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(9).await;
    let mut all = Vec::new();
    for peer in &people[1..] {
        all.push(scene.direct(people[0], *peer).await);
    }
    all.reverse();
    let first = scene.conversations.list(people[0], None, page(3)).await.unwrap();
    assert_eq!(ids(&first.items), all[..3]);
    // The last one seen moves, and one not seen yet.
    scene.say(all[2], people[0]).await;
    scene.say(all[5], people[0]).await;
    let after = first.items.last().map(cursor);
    let rest = scene.conversations.list(people[0], after, page(50)).await.unwrap();
    assert_eq!(ids(&rest.items), [all[3], all[4], all[6], all[7]]);
}

/// `states` answers exactly the conversations the user is a member of now, by id.
pub async fn states_are_exactly_those_of_present_conversations_by_id(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let me = people[3];
    let left = scene.group(people[0], &[me]).await;
    let direct = scene.direct(people[0], me).await;
    let joined = scene.group(people[1], &[people[2]]).await;
    scene.group(people[1], &[people[2]]).await;
    scene.add(joined, &[me], people[1]).await;
    scene.remove(left, me, me).await;
    scene.say(direct, people[0]).await;
    let states = scene.conversations.states(me).await.unwrap();
    assert_eq!(states.iter().map(|state| state.id).collect::<Vec<_>>(), [direct, joined]);
    for state in states {
        let seen = scene.conversations.by_id(state.id, me).await.unwrap().unwrap();
        assert_eq!(seen.state, state);
    }
    assert_eq!(scene.conversations.states(scene.id()).await.unwrap(), []);
}

/// A group in the list has its name, the reader's role, its count and its first members.
pub async fn a_group_in_the_list_carries_its_name_role_and_first_members(stores: Stores) {
    let scene = Scene::on(stores);
    let shown = usize::from(Conversation::ROSTER_SHOWN);
    let people = scene.people(shown + 8).await;
    let group = scene.group(people[0], &[]).await;
    // One after the other, in an order that is not that of their ids.
    let mut joined = vec![people[0]];
    for user in people[1..].iter().rev() {
        scene.add(group, &[*user], people[0]).await;
        joined.push(*user);
    }
    for (reader, role) in [(people[0], Role::Owner), (people[1], Role::Member)] {
        let list = whole_list(&scene, reader, page(5)).await;
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].state.id, list[0].state.kind), (group, ConversationKind::Group));
        assert_eq!((list[0].name.as_deref(), list[0].role), (Some("Warung Kopi"), role));
        assert_eq!(usize::try_from(list[0].member_count).unwrap(), people.len());
        let first: Vec<UserId> = list[0].members.iter().map(|member| member.user).collect();
        assert_eq!(first, joined[..shown], "the first members in the order they joined");
        assert_eq!(list[0].members[0], RosterMember { user: people[0], role: Role::Owner });
    }
}

/// `epoch` answers the same text for as long as the log is the same one.
pub async fn the_epoch_stays_the_same(stores: Stores) {
    let scene = Scene::on(stores);
    let epoch = scene.conversations.epoch().await.unwrap();
    assert!(!epoch.is_empty());
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    scene.say(direct, ayu).await;
    assert_eq!(scene.conversations.epoch().await.unwrap(), epoch);
}
