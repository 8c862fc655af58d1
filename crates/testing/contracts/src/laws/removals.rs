//! `LogStore::append` and the reads against a roster that changes.

use std::sync::Arc;

use kabar_chats::{
    Event, Mentions,
    ports::{Append, NewMessage},
};
use kabar_kernel::{Pos, Role, Seq};

use crate::{
    Stores,
    scene::{CALLING_ALL, Scene, assert_gapless, at_once, messages, page},
};

/// A send that races a removal is either before it in the log or refused.
pub async fn a_send_that_races_a_removal_is_before_it_or_refused(stores: Stores) {
    let scene = Scene::on(stores);
    let (owner, member) = (scene.user("owner").await, scene.user("member").await);
    let group = scene.group(owner, &[]).await;
    for round in 0..25 {
        scene.add(group, &[member], owner).await;
        // Checked before the removal, as a node with a cached roster does.
        let mut drafts = Vec::new();
        for _ in 0..8 {
            drafts.push(scene.draft(group, member).await);
        }
        let removal = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move { scene.remove(group, member, owner).await }
        });
        let answers = at_once(drafts.into_iter().map(|draft| {
            let scene = Arc::clone(&scene);
            async move { scene.log.append(draft).await.unwrap() }
        }))
        .await;
        removal.await.unwrap();
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        let removed =
            log.iter().rev().find(|entry| entry.event == Event::MemberRemoved { user: member });
        let removed = removed.expect("the removal is in the log").pos;
        for answer in answers {
            if let Append::Appended(appended) = answer {
                assert!(appended.created);
                assert!(appended.message.pos < removed, "round {round}: sent after the removal");
                assert!(messages(&log).contains(&appended.message), "acknowledged and not stored");
            }
        }
        let late = messages(&log).into_iter().filter(|message| message.pos > removed);
        assert_eq!(late.count(), 0, "round {round}: refused and stored");
        let draft = scene.draft(group, member).await;
        assert_eq!(scene.log.append(draft).await.unwrap(), Append::NotAMember);
    }
}

/// An append whose `checked` roster is not the present one is decided by the present one.
pub async fn a_member_checked_against_an_old_roster_still_posts(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let draft = scene.draft(group, people[1]).await;
    scene.add(group, &[people[3]], people[0]).await;
    scene.remove(group, people[2], people[0]).await;
    assert_ne!(scene.standing(group, people[1]).await.unwrap().roster, draft.checked);
    let appended = scene.append(draft).await;
    assert!(appended.created);
    assert_eq!(messages(&scene.log_of(group).await), [appended.message]);
}

/// A call of everybody that was checked against an old roster is `Outdated`: it stores nothing and
/// takes no position, and harms nobody in the same batch. What is stored under its client id is
/// answered first. Checked again it is appended, by whoever still may.
pub async fn an_outdated_call_of_everybody_stores_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (owner, moderator) = (people[0], people[1]);
    let group = scene.group(owner, &people[1..]).await;
    scene.set_role(group, moderator, Role::Moderator, owner).await;
    let call_of =
        async |author| NewMessage { mentions: CALLING_ALL, ..scene.draft(group, author).await };
    let stored = call_of(moderator).await;
    let original = scene.append(stored.clone()).await.message;
    let outdated = [call_of(moderator).await, call_of(owner).await];
    let plain = [scene.draft(group, moderator).await, scene.draft(group, owner).await];
    scene.set_role(group, moderator, Role::Member, owner).await;
    let head = scene.state(group, owner).await.unwrap().head;
    let unread = async || {
        let inbox = scene.inbox.list(people[2], None, false, page(500)).await.unwrap();
        inbox.items.into_iter().filter(|item| item.id.conversation == group).count()
    };
    let before = unread().await;
    for call in &outdated {
        assert_eq!(scene.log.append(call.clone()).await.unwrap(), Append::Outdated);
    }
    let role = scene.standing(group, moderator).await.map(|standing| standing.role);
    assert_eq!(role, Some(Role::Member));
    let repeated = scene.append(stored).await;
    assert_eq!((repeated.message, repeated.created), (original.clone(), false));
    assert_eq!(scene.state(group, owner).await.unwrap().head, head, "it took a position");
    assert_eq!(scene.log_of(group).await.len(), usize::try_from(head.get()).unwrap());
    let answers = at_once(outdated.iter().chain(&plain).cloned().map(|draft| {
        let scene = Arc::clone(&scene);
        async move { (draft.mentions.all, scene.log.append(draft).await.unwrap()) }
    }))
    .await;
    for (all, answer) in answers {
        match answer {
            Append::Outdated => assert!(all, "a plain message was refused"),
            Append::Appended(appended) => assert!(appended.created && !all, "called everybody"),
            Append::NotAMember => panic!("a member was refused"),
        }
    }
    assert_eq!(unread().await, before, "somebody was called");
    let [by_former, by_owner] = outdated;
    let checked = scene.standing(group, owner).await.unwrap().roster;
    assert!(scene.append(NewMessage { checked, ..by_owner }).await.created);
    let mentions = Mentions::NONE;
    assert!(scene.append(NewMessage { checked, mentions, ..by_former }).await.created);
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), usize::try_from(head.get()).unwrap() + 4);
    assert_eq!(unread().await, before + 1);
}

/// An append by a member whose removal is committed is `NotAMember` and takes no position; nothing
/// else of the same batch is harmed.
pub async fn a_removed_member_harms_nobody_in_the_same_batch(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(6).await;
    let group = scene.group(people[0], &people[1..]).await;
    let mut drafts = Vec::new();
    for number in 0..60 {
        drafts.push((number % 6, scene.draft(group, people[number % 6]).await));
    }
    let repeated = scene.draft(group, people[1]).await;
    let original = scene.append(repeated.clone()).await.message;
    for gone in &people[4..] {
        scene.remove(group, *gone, people[0]).await;
    }
    let head = scene.state(group, people[0]).await.unwrap().head;
    // A repetition in the same moment is answered too.
    drafts.push((1, repeated.clone()));
    let answers = at_once(drafts.into_iter().map(|(author, draft)| {
        let scene = Arc::clone(&scene);
        async move { (author, draft.id, scene.log.append(draft).await.unwrap()) }
    }))
    .await;
    for (author, id, answer) in answers {
        match answer {
            Append::NotAMember => assert!(author >= 4, "a member was refused"),
            Append::Appended(appended) if id == repeated.id => {
                assert_eq!((appended.message, appended.created), (original.clone(), false));
            }
            Append::Appended(appended) => assert!(appended.created && author < 4),
            Append::Outdated => panic!("nobody calls everybody"),
        }
    }
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), usize::try_from(head.get()).unwrap() + 40);
}

/// Whoever was removed and added again is a member, also for an append checked in between.
pub async fn a_returning_member_posts_again(stores: Stores) {
    let scene = Scene::on(stores);
    let (owner, member) = (scene.user("owner").await, scene.user("member").await);
    let group = scene.group(owner, &[member]).await;
    let old = scene.draft(group, member).await;
    scene.remove(group, member, owner).await;
    let between = scene.draft(group, member).await;
    assert_eq!(scene.log.append(between.clone()).await.unwrap(), Append::NotAMember);
    scene.add(group, &[member], owner).await;
    assert!(scene.append(old).await.created);
    assert!(scene.append(between).await.created, "a refused client id was remembered");
    let last = scene.say(group, member).await;
    assert_eq!((last.seq, last.pos), (Seq::new(3), Pos::new(7)));
}

/// Reads answer `None` for whoever is not a member when they read.
pub async fn a_former_member_reads_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let own = scene.say(group, people[1]).await;
    scene.remove(group, people[1], people[0]).await;
    scene.remove(group, people[2], people[2]).await;
    for former in &people[1..] {
        let former = *former;
        let entries = scene.log.entries_after(group, former, Pos::ZERO, page(10)).await.unwrap();
        assert_eq!(entries, None);
        let window = kabar_chats::Window::Latest;
        assert_eq!(scene.log.messages(group, former, window, page(10)).await.unwrap(), None);
        assert_eq!(scene.log.message(group, former, own.id).await.unwrap(), None);
        assert_eq!(scene.standing(group, former).await, None);
        assert_eq!(scene.state(group, former).await, None);
    }
}

/// An append that meets an open removal of its author is before it in the log or refused; so is one
/// that meets a removal that is taken back, and that one is never lost.
pub async fn an_append_that_meets_an_open_removal_is_before_it_or_refused(stores: Stores) {
    let scene = Scene::on(stores);
    let (owner, member) = (scene.user("owner").await, scene.user("member").await);
    let group = scene.group(owner, &[member]).await;
    for commits in [false, true] {
        let draft = scene.draft(group, member).await;
        let mut tx = scene.begin(group).await;
        tx.remove(member, scene.act(owner)).await.unwrap();
        let sending = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move { scene.log.append(draft).await.unwrap() }
        });
        tokio::task::yield_now().await;
        if commits {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        let answer = sending.await.unwrap();
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        match answer {
            Append::Appended(appended) => {
                let removal = Event::MemberRemoved { user: member };
                let removed = log.iter().find(|entry| entry.event == removal);
                assert!(removed.is_none_or(|entry| appended.message.pos < entry.pos));
                assert!(messages(&log).contains(&appended.message));
            }
            Append::NotAMember => assert!(commits, "a member was refused"),
            Append::Outdated => panic!("nobody calls everybody"),
        }
    }
}

/// Membership and content come from one snapshot: no read shows a former member anything that was
/// written after the removal.
pub async fn a_read_that_races_a_removal_shows_nothing_after_it(stores: Stores) {
    let scene = Scene::on(stores);
    let (owner, member) = (scene.user("owner").await, scene.user("member").await);
    for _ in 0..15 {
        let group = scene.group(owner, &[member]).await;
        let removal = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move {
                scene.remove(group, member, owner).await;
                for _ in 0..3 {
                    scene.say(group, owner).await;
                }
            }
        });
        let readings = at_once((0..2).map(|_| {
            let scene = Arc::clone(&scene);
            async move {
                let mut furthest = (Pos::ZERO, 0);
                while let Some(entries) =
                    scene.log.entries_after(group, member, Pos::ZERO, page(50)).await.unwrap()
                {
                    furthest.0 = entries.items.last().map_or(furthest.0, |entry| entry.pos);
                    let window = kabar_chats::Window::Latest;
                    let found = scene.log.messages(group, member, window, page(50)).await.unwrap();
                    furthest.1 = found.map_or(furthest.1, |found| found.items.len());
                    // A store that never waits would keep its worker from everybody else's work.
                    tokio::task::yield_now().await;
                }
                furthest
            }
        }))
        .await;
        removal.await.unwrap();
        // The group and the member's joining; the removal is at 3.
        assert!(readings.iter().all(|(pos, said)| pos.get() <= 2 && *said == 0), "{readings:?}");
    }
}
