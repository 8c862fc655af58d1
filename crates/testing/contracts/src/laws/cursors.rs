//! `ConversationStore::mark_read` and the unread counts.

use std::sync::Arc;

use kabar_chats::{Cursor, UNREAD_CAP};
use kabar_kernel::{ConversationId, Seq, UserId};

use crate::{
    Stores,
    scene::{Scene, at_once},
};

async fn mark(scene: &Scene, conversation: ConversationId, user: UserId, seq: u64) -> Cursor {
    let cursor = scene.conversations.mark_read(conversation, user, Seq::new(seq)).await.unwrap();
    cursor.expect("a member has a cursor")
}

/// `mark_read` moves a cursor forward only.
pub async fn a_cursor_never_goes_back(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..5 {
        scene.say(direct, ayu).await;
    }
    let cursor = mark(&scene, direct, budi, 4).await;
    let expected = Cursor { conversation: direct, user: budi, read_seq: Seq::new(4), unread: 1 };
    assert_eq!(cursor, expected);
    for earlier in [3, 0, 4] {
        assert_eq!(mark(&scene, direct, budi, earlier).await, expected, "went back to {earlier}");
    }
    let state = scene.state(direct, budi).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(4), 1));
    let other = scene.state(direct, ayu).await.unwrap();
    assert_eq!(other.unread, 0);
    assert_eq!(other.read_seq, Seq::ZERO, "somebody else's cursor moved");
}

/// … and never past the last message.
pub async fn a_cursor_never_passes_the_last_message(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    assert_eq!(mark(&scene, direct, budi, 1).await.read_seq, Seq::ZERO, "an empty conversation");
    scene.say(direct, ayu).await;
    for beyond in [2, u64::from(u32::MAX), u64::try_from(i64::MAX).unwrap(), u64::MAX] {
        let cursor = mark(&scene, direct, budi, beyond).await;
        assert_eq!((cursor.read_seq, cursor.unread), (Seq::new(1), 0), "{beyond}");
    }
    scene.say(direct, ayu).await;
    assert_eq!(scene.state(direct, budi).await.unwrap().unread, 1);
}

/// Of concurrent reads the furthest stays.
pub async fn concurrent_reads_leave_the_cursor_at_the_furthest(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..30 {
        scene.say(direct, ayu).await;
    }
    at_once((1..=29).rev().map(|seq| {
        let scene = Arc::clone(&scene);
        async move {
            let cursor = mark(&scene, direct, budi, seq).await;
            assert!(cursor.read_seq.get() >= seq);
        }
    }))
    .await;
    let state = scene.state(direct, budi).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(29), 1));
}

/// `unread` counts messages of others after the cursor, never one's own, and no other entries.
pub async fn unread_counts_only_messages_of_others(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &[people[1], people[2]]).await;
    for author in [1, 0, 1, 2, 0, 1] {
        scene.say(group, people[author]).await;
    }
    scene.add(group, &[people[3]], people[0]).await;
    let unread = async |user| scene.state(group, user).await.unwrap().unread;
    assert_eq!(unread(people[0]).await, 4);
    assert_eq!(unread(people[1]).await, 3);
    assert_eq!(unread(people[2]).await, 5);
    assert_eq!(mark(&scene, group, people[1], 2).await.unread, 2);
    assert_eq!(unread(people[1]).await, 2);
    let listed = scene.conversations.by_id(group, people[1]).await.unwrap().unwrap();
    assert_eq!(listed.state.unread, 2);
    assert_eq!(unread(people[0]).await, 4, "another's cursor does not matter");
}

/// `unread` is counted up to `UNREAD_CAP`.
pub async fn unread_is_counted_up_to_its_cap(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let cap = u64::from(UNREAD_CAP);
    let mut written = 0;
    // In batches, so that no queue overflows and the law is quick on a database with group commit.
    while written < cap + 2 {
        let batch = 100.min(cap + 2 - written);
        at_once((0..batch).map(|_| {
            let scene = Arc::clone(&scene);
            async move { scene.say(direct, ayu).await }
        }))
        .await;
        written += batch;
    }
    assert_eq!(scene.state(direct, budi).await.unwrap().unread, UNREAD_CAP);
    assert_eq!(mark(&scene, direct, budi, 1).await.unread, UNREAD_CAP);
    assert_eq!(mark(&scene, direct, budi, 2).await.unread, UNREAD_CAP);
    assert_eq!(mark(&scene, direct, budi, 3).await.unread, UNREAD_CAP - 1);
}

/// A new member's cursor starts at the conversation's last message, also when they return.
pub async fn a_new_member_starts_at_the_last_message(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    for _ in 0..3 {
        scene.say(group, people[0]).await;
    }
    scene.add(group, &[people[2]], people[0]).await;
    let state = scene.state(group, people[2]).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(3), 0));
    scene.say(group, people[0]).await;
    assert_eq!(scene.state(group, people[2]).await.unwrap().unread, 1);
    scene.remove(group, people[2], people[0]).await;
    scene.say(group, people[0]).await;
    scene.add(group, &[people[2]], people[0]).await;
    let state = scene.state(group, people[2]).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(5), 0), "after a return");
}

/// `mark_read` answers `None` for whoever is not a member.
pub async fn whoever_is_not_a_member_has_no_cursor(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    scene.say(group, people[0]).await;
    scene.remove(group, people[1], people[0]).await;
    for (conversation, user) in [(group, people[1]), (group, people[2]), (scene.id(), people[0])] {
        let cursor = scene.conversations.mark_read(conversation, user, Seq::new(1)).await.unwrap();
        assert_eq!(cursor, None);
    }
}

/// A cursor reaches the live feed after its commit if it moved.
pub async fn a_cursor_reaches_the_feed_only_when_it_moved(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..3 {
        scene.say(direct, ayu).await;
    }
    let second = mark(&scene, direct, budi, 2).await;
    mark(&scene, direct, budi, 1).await;
    mark(&scene, direct, budi, 2).await;
    let third = mark(&scene, direct, budi, 9).await;
    mark(&scene, direct, budi, 9).await;
    let mine = mark(&scene, direct, ayu, 1).await;
    let heard = scene
        .heard
        .until("the cursors", |heard| heard.read.contains(&third) && heard.read.contains(&mine))
        .await;
    assert_eq!(heard.read.len(), 3, "{:?}", heard.read);
    assert!(heard.read.contains(&second));
}
