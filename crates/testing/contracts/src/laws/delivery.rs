//! What the stores announce of a log.

use std::sync::Arc;

use kabar_chats::{Event, ports::Append};
use kabar_kernel::{Pos, Role};

use crate::{
    Stores,
    scene::{Scene, assert_gapless, at_once, messages, page, take_one_step_and_vanish},
};

/// Every created message reaches the live feed after its commit, each conversation's in order, and
/// as the log has it.
pub async fn created_messages_are_announced_once_in_order_as_the_log_has_them(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(5).await;
    let mut conversations = Vec::new();
    for peer in &people[1..] {
        conversations.push((scene.direct(people[0], *peer).await, *peer));
    }
    at_once((0..120).map(|number| {
        let (scene, (conversation, peer)) = (Arc::clone(&scene), conversations[number % 4]);
        async move { scene.say(conversation, peer).await }
    }))
    .await;
    let heard = scene.heard.until("120 messages", |heard| heard.entries.len() >= 120).await;
    for (conversation, _) in conversations {
        let log = scene.log_of(conversation).await;
        assert_gapless(&log);
        assert_eq!(heard.of(conversation), log);
    }
    assert_eq!(heard.entries.len(), 120);
}

/// Nothing is announced before it is committed: whoever hears of an entry finds it in the log.
pub async fn what_was_announced_can_be_read(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let listening = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move {
            for index in 0..3 + 60 + 20 {
                let heard =
                    scene.heard.until("the next entry", |heard| heard.entries.len() > index).await;
                let entry = &heard.entries[index];
                let before = Pos::new(entry.pos.get() - 1);
                let found = scene.log.entries_for_delivery(group, before, page(1)).await.unwrap();
                assert_eq!(found.items.first(), Some(entry), "announced and not in the log");
            }
        }
    });
    let changing = tokio::spawn({
        let (scene, by, raised) = (Arc::clone(&scene), people[0], people[2]);
        async move {
            for number in 0..20 {
                let role = if number % 2 == 0 { Role::Admin } else { Role::Member };
                let mut tx = scene.begin(group).await;
                tx.set_role(raised, role, scene.act(by)).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
    });
    at_once((0..3).map(|_| {
        let (scene, author) = (Arc::clone(&scene), people[1]);
        async move {
            for _ in 0..20 {
                scene.say(group, author).await;
            }
        }
    }))
    .await;
    changing.await.unwrap();
    listening.await.unwrap();
}

/// A repetition was announced when it was created.
pub async fn a_repeated_append_is_not_announced_again(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let draft = scene.draft(direct, ayu).await;
    at_once((0..10).map(|_| {
        let (scene, draft) = (Arc::clone(&scene), draft.clone());
        async move { scene.append(draft).await }
    }))
    .await;
    scene.append(draft).await;
    let last = scene.say(direct, budi).await;
    let heard = scene
        .heard
        .until("the last message", |heard| messages(&heard.entries).contains(&last))
        .await;
    assert_eq!(heard.entries, scene.log_of(direct).await);
    assert_eq!(heard.entries.len(), 2);
}

/// What was refused reaches nobody.
pub async fn a_refused_append_is_not_announced(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let removed = scene.draft(group, people[1]).await;
    scene.remove(group, people[1], people[0]).await;
    let stranger = scene.draft(group, people[2]).await;
    for draft in [removed, stranger] {
        assert_eq!(scene.log.append(draft).await.unwrap(), Append::NotAMember);
    }
    let last = scene.say(group, people[0]).await;
    let heard = scene
        .heard
        .until("the last message", |heard| messages(&heard.entries).contains(&last))
        .await;
    assert_eq!(messages(&heard.entries), [last]);
}

/// A created message reaches the live feed also when the caller's future was dropped.
pub async fn an_append_whose_caller_went_away_is_announced_if_stored(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..20 {
        take_one_step_and_vanish(scene.log.append(scene.draft(direct, ayu).await));
        let abandoned = scene.draft(direct, ayu).await;
        let task = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move { scene.log.append(abandoned).await }
        });
        tokio::task::yield_now().await;
        task.abort();
        // Whoever waits is served all the same.
        scene.say(direct, budi).await;
    }
    let last = scene.say(direct, budi).await;
    scene.heard.until("the last", |heard| messages(&heard.entries).contains(&last)).await;
    // An append without a caller may still be on its way: the log settles when nothing comes any
    // more, and until then what is stored has been heard or will be.
    scene
        .eventually("everything stored was heard", async || {
            let log = scene.log_of(direct).await;
            assert_gapless(&log);
            scene.heard.so_far().of(direct) == log
        })
        .await;
    let log = scene.log_of(direct).await;
    assert!(messages(&log).iter().filter(|message| message.author == budi).count() == 21);
}

/// Messages and changes of a group are announced in the one order of its log.
pub async fn messages_and_changes_are_announced_in_one_order(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let guests = tokio::spawn({
        let (scene, people) = (Arc::clone(&scene), people.clone());
        async move {
            for _ in 0..10 {
                scene.add(group, &[people[3]], people[0]).await;
                scene.remove(group, people[3], people[0]).await;
            }
        }
    });
    at_once(people[..3].iter().map(|author| {
        let (scene, author) = (Arc::clone(&scene), *author);
        async move {
            for _ in 0..15 {
                scene.say(group, author).await;
            }
        }
    }))
    .await;
    guests.await.unwrap();
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), 3 + 20 + 45);
    let heard = scene.heard.until("the log", |heard| heard.entries.len() >= log.len()).await;
    assert_eq!(heard.of(group), log);
    assert!(matches!(log[0].event, Event::GroupCreated { .. }));
}
