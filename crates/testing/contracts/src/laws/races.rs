//! Changes of messages and rosters that meet: whichever comes first, there is one order, and everybody
//! sees it. Every race is run 200 times.

use std::{future::Future, sync::Arc};

use kabar_chats::{
    Entry, Event, Mentions, Message, Quote, Window,
    ports::{Append, NewMessage},
};
use kabar_kernel::{ConversationId, Pos, Role, UserId};
use kabar_notifications::Concern;

use crate::{
    Stores,
    heard::Heard,
    scene::{CALLING_ALL, Scene, assert_gapless, at_once, body, calling, emoji, page, rounds},
};

/// Runs a race in as many rounds as there are, each with its own hands on the scene.
async fn repeat<F>(
    scene: &Arc<Scene>,
    people: &[UserId],
    race: impl Fn(Arc<Scene>, Vec<UserId>) -> F + Clone + Send + 'static,
) where
    F: Future<Output = ()> + Send,
{
    let (scene, people) = (Arc::clone(scene), people.to_vec());
    rounds(move |_, _| race(Arc::clone(&scene), people.clone())).await;
}

/// Changes a message's text as its author may: not once it is deleted. Answers whether it did.
async fn edit(scene: &Scene, message: &Message, text: &str) -> bool {
    let mut tx = scene.change(message.conversation, message.author).await;
    let found = tx.message(message.id).await.unwrap().expect("it is there");
    tokio::task::yield_now().await;
    if found.is_deleted() {
        return false;
    }
    tx.edit(message.seq, &body(text), &Mentions::NONE, scene.now()).await.unwrap();
    tx.commit().await.unwrap();
    true
}

/// Deletes a message unless somebody else did. Answers whether it did.
async fn delete(scene: &Scene, message: &Message, by: UserId) -> bool {
    let mut tx = scene.change(message.conversation, by).await;
    let found = tx.message(message.id).await.unwrap().expect("it is there");
    tokio::task::yield_now().await;
    if found.is_deleted() {
        return false;
    }
    tx.delete(message.seq, scene.now()).await.unwrap();
    tx.commit().await.unwrap();
    true
}

/// What was announced of a conversation, once it was all that the log holds.
async fn announced(scene: &Scene, conversation: ConversationId, log: &[Entry]) -> Vec<Entry> {
    let all = |heard: &Heard| heard.of(conversation).len() >= log.len();
    let heard = scene.heard.until("the log", all).await.of(conversation);
    let positions = |entries: &[Entry]| entries.iter().map(|entry| entry.pos).collect::<Vec<_>>();
    assert_eq!(positions(&heard), positions(log), "announced in another order than the log's");
    heard
}

/// What an entry says of a message's text, be it as a quote; empty when it says nothing of it.
fn said_in(entry: &Entry, message: &Message) -> String {
    let shown = match &entry.event {
        Event::MessagePosted(shown) => shown,
        Event::MessageEdited { message: shown, .. } => shown,
        _ => return String::new(),
    };
    match &shown.quote {
        _ if shown.id == message.id => shown.body.as_str().to_owned(),
        Some(quote) if quote.id == message.id => quote.excerpt.as_str().to_owned(),
        _ => String::new(),
    }
}

/// No text comes back: an edit is before the deletion or refused, one deletion deletes, and nothing
/// that is announced after it says what the message said.
pub async fn an_edit_that_races_a_deletion_brings_no_text_back(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    repeat(&scene, &people, |scene, people| async move {
        let group = scene.group(people[0], &[people[1]]).await;
        let said = scene.say(group, people[0]).await;
        let answer = scene.answer(&said, people[1]).await;
        let done = at_once((0..4).map(|task| {
            let (scene, said, by) = (Arc::clone(&scene), said.clone(), people[task % 2]);
            async move {
                match task {
                    0 | 1 => (true, delete(&scene, &said, by).await),
                    _ => (false, edit(&scene, &said, &format!("text {task}")).await),
                }
            }
        }))
        .await;
        assert_eq!(done.iter().filter(|done| **done == (true, true)).count(), 1, "deleted once");
        let found = scene.log.messages(group, people[1], Window::Latest, page(5)).await.unwrap();
        let found = found.expect("a member reads").items;
        assert!(found[0].is_deleted() && found[0].body.as_str().is_empty(), "text came back");
        assert_eq!(found[1], Message { quote: Some(Box::new(Quote::of(&found[0]))), ..answer });
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        let edits = done.iter().filter(|done| **done == (false, true)).count();
        assert_eq!(log.len(), 2 + 2 + edits + 1);
        let deleted = log.last().expect("it is not empty");
        assert!(matches!(deleted.event, Event::MessageDeleted(_)), "edited after the deletion");
        for entry in log.iter().chain(&announced(&scene, group, &log).await[log.len() - 1..]) {
            assert_eq!(said_in(entry, &said), "", "at {:?}", entry.pos);
        }
    })
    .await;
}

/// An announced message shows its quote as of its commit or later, and never what a deletion that was
/// announced before it has removed.
pub async fn a_reply_that_races_a_deletion_is_never_announced_with_what_is_gone(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    repeat(&scene, &people, |scene, people| async move {
        let direct = scene.group(people[0], &[people[1]]).await;
        let said = scene.say(direct, people[0]).await;
        let answers = at_once((0..3).map(|task| {
            let (scene, said, by) = (Arc::clone(&scene), said.clone(), people[task % 2]);
            async move {
                match task {
                    0 => {
                        tokio::task::yield_now().await;
                        scene.delete(&said, said.author).await;
                        None
                    }
                    _ => Some(scene.answer(&said, by).await),
                }
            }
        }))
        .await;
        let log = scene.log_of(direct).await;
        assert_gapless(&log);
        let deleted = log.iter().find(|entry| matches!(entry.event, Event::MessageDeleted(_)));
        let deleted = deleted.expect("the deletion is in the log").pos;
        for entry in announced(&scene, direct, &log).await {
            let Event::MessagePosted(message) = &entry.event else { continue };
            if message.id == said.id {
                continue;
            }
            let quote = message.quote.as_ref().expect("a reply is announced with its quote");
            let (text, gone) = (said_in(&entry, &said), quote.deleted_at.is_some());
            assert_eq!(text.is_empty(), gone, "half of what is gone");
            assert!(gone || entry.pos < deleted, "announced with what was deleted before it");
        }
        for answer in answers.into_iter().flatten() {
            let gone = answer.quote.as_ref().is_some_and(|quote| quote.deleted_at.is_some());
            assert!(gone || answer.pos < deleted, "answered with what was deleted before it");
            assert_eq!(scene.seen(&answer, people[0]).await.quote.unwrap().excerpt.as_str(), "");
        }
    })
    .await;
}

/// Of two edits the last in the log is what is stored.
pub async fn of_two_edits_the_last_in_the_log_is_stored(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    repeat(&scene, &people, |scene, people| async move {
        let group = scene.group(people[0], &[people[1]]).await;
        let said = scene.say(group, people[0]).await;
        let edits = at_once((0..2).map(|number| {
            let (scene, said) = (Arc::clone(&scene), said.clone());
            async move {
                let text = format!("text {number}");
                (scene.edit(&said, &text).await, text)
            }
        }))
        .await;
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        assert_eq!(log.len(), 2 + 1 + 2);
        let (at, text) = edits.into_iter().find(|(at, _)| *at == log[4].at).expect("one is last");
        let stored = scene.seen(&said, people[1]).await;
        assert_eq!((stored.edited_at, stored.body.as_str()), (Some(at), text.as_str()));
        let heard = announced(&scene, group, &log).await;
        assert_eq!(said_in(&heard[4], &said), text, "the last announced is not what is stored");
    })
    .await;
}

/// A reaction that races the removal of its member is before it in the log or refused.
pub async fn a_reaction_that_races_a_removal_is_before_it_or_refused(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    repeat(&scene, &people, |scene, people| async move {
        let (owner, member) = (people[0], people[1]);
        let group = scene.group(owner, &[member]).await;
        let said = scene.say(group, owner).await;
        let removal = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move { scene.remove(group, member, owner).await }
        });
        let reacted = at_once(["👍", "🎉"].map(|with| {
            let (scene, seq) = (Arc::clone(&scene), said.seq);
            async move {
                let Some(mut tx) = scene.log.begin(group, member).await.unwrap() else {
                    return false;
                };
                tokio::task::yield_now().await;
                assert!(tx.react(seq, emoji(with), scene.now()).await.unwrap());
                tx.commit().await.unwrap();
                true
            }
        }))
        .await;
        removal.await.unwrap();
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        let reactions = reacted.iter().filter(|reacted| **reacted).count();
        assert_eq!(log.len(), 2 + 1 + reactions + 1);
        let removed = Event::MemberRemoved { user: member };
        assert_eq!(log.last().map(|entry| &entry.event), Some(&removed), "reacted after it");
        assert_eq!(scene.seen(&said, owner).await.reactions.len(), reactions);
        assert!(scene.log.begin(group, member).await.unwrap().is_none());
        announced(&scene, group, &log).await;
    })
    .await;
}

/// Every reaction counts once, however many come at the same time: the counts in the log go up one by
/// one.
pub async fn reactions_at_the_same_time_are_all_counted(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(6).await;
    let group = scene.group(people[0], &people[1..]).await;
    for round in 1..=5_u32 {
        let said = scene.say(group, people[0]).await;
        at_once(people.iter().flat_map(|by| [(*by, true), (*by, false)]).map(|(by, first)| {
            let (scene, said) = (Arc::clone(&scene), said.clone());
            // Two devices of each react alike.
            async move { (first, scene.react(&said, by, "👍").await) }
        }))
        .await;
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        let counts: Vec<u32> = log
            .iter()
            .filter(|entry| entry.pos > said.pos)
            .filter_map(|entry| match entry.event {
                Event::ReactionAdded(change) => Some(change.count),
                _ => None,
            })
            .collect();
        assert_eq!(counts, (1..=6).collect::<Vec<_>>(), "round {round}");
        let shown = scene.seen(&said, people[3]).await.reactions;
        assert_eq!(shown.iter().map(|reaction| reaction.count).collect::<Vec<_>>(), [6]);
    }
}

/// Of two owners who make each other a plain member, one stays an owner: whoever comes second decides
/// on what the first one left.
pub async fn of_two_owners_demoting_each_other_one_stays(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    repeat(&scene, &people, |scene, people| async move {
        let group = scene.group(people[0], &[people[1]]).await;
        let mut tx = scene.begin(group).await;
        tx.set_role(people[1], Role::Owner, scene.act(people[0])).await.unwrap();
        tx.commit().await.unwrap();
        let demoted = at_once([(0, 1), (1, 0)].map(|(by, other)| {
            let (scene, by, other) = (Arc::clone(&scene), people[by], people[other]);
            async move {
                let mut tx = scene.begin(group).await;
                let actor = tx.member(by).await.unwrap().expect("nobody leaves");
                tokio::task::yield_now().await;
                if actor.role != Role::Owner {
                    return false;
                }
                tx.set_role(other, Role::Member, scene.act(by)).await.unwrap();
                tx.commit().await.unwrap();
                true
            }
        }))
        .await;
        assert_eq!(demoted.iter().filter(|demoted| **demoted).count(), 1);
        let mut tx = scene.begin(group).await;
        assert_eq!(tx.owner_count().await.unwrap(), 1, "a group without an owner");
        drop(tx);
        let log = scene.log_of(group).await;
        assert_eq!(log.last().map(|entry| entry.pos), Some(Pos::new(4)));
    })
    .await;
}

/// A call of everybody that races the demotion of its author is before it in the log or outdated,
/// whether it was checked long before or just now.
pub async fn nobody_calls_everybody_after_a_demotion_that_races_it(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    repeat(&scene, &people, |scene, people| async move {
        let (owner, moderator) = (people[0], people[1]);
        let group = scene.group(owner, &[moderator]).await;
        scene.set_role(group, moderator, Role::Moderator, owner).await;
        let mut drafts = Vec::new();
        for _ in 0..3 {
            drafts.push(scene.draft(group, moderator).await);
        }
        let demotion = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move { scene.set_role(group, moderator, Role::Member, owner).await }
        });
        let answers = at_once(drafts.into_iter().zip([true, true, false]).map(|(draft, old)| {
            let scene = Arc::clone(&scene);
            async move {
                let standing = scene.standing(group, moderator).await.expect("nobody leaves");
                if !old && standing.role < Role::Moderator {
                    return None;
                }
                let checked = if old { draft.checked } else { standing.roster };
                let call = NewMessage { checked, mentions: CALLING_ALL, ..draft };
                Some(scene.log.append(call).await.unwrap())
            }
        }))
        .await;
        demotion.await.unwrap();
        let log = scene.log_of(group).await;
        assert_gapless(&log);
        let demoted = log.iter().rposition(|entry| !matches!(entry.event, Event::MessagePosted(_)));
        assert_eq!(demoted, Some(log.len() - 1), "called everybody after the demotion");
        let stored = answers.into_iter().flatten().filter(|answer| match answer {
            Append::Appended(appended) => appended.created,
            Append::Outdated => false,
            Append::NotAMember => panic!("a member was refused"),
        });
        // The group, the joining, and the role that came and went.
        assert_eq!(log.len(), 4 + stored.count(), "outdated and stored");
    })
    .await;
}

/// Whoever marks notifications is in the way of nobody who changes their messages meanwhile, and of what
/// is deleted nothing is left in any inbox.
pub async fn marking_that_races_edits_and_deletions_harms_nobody(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    repeat(&scene, &people, |scene, people| async move {
        let group = scene.group(people[0], &people[1..]).await;
        let called = scene.call(group, people[0], &people[1..]).await;
        let everybody = scene.call_all(group, people[0]).await;
        at_once((0..5).map(|task| {
            let (scene, user) = (Arc::clone(&scene), people[1 + task % 2]);
            let (called, everybody) = (called.clone(), everybody.clone());
            async move {
                match task {
                    0 | 1 => {
                        scene.inbox.mark_all_read(user, scene.now()).await.unwrap();
                    }
                    2 => {
                        scene.edit_calling(&called, "all", &CALLING_ALL).await;
                        scene.delete(&called, called.author).await;
                    }
                    3 => {
                        scene.edit_calling(&everybody, "one", &calling(&[user])).await;
                    }
                    _ => {
                        scene.mark_read(group, user, 1).await;
                    }
                }
            }
        }))
        .await;
        let of_group = async |user| {
            let inbox = scene.inbox.list(user, None, false, page(500)).await.unwrap();
            let of_group = inbox.items.into_iter().filter(|item| item.id.conversation == group);
            of_group.map(|item| item.concern).collect::<Vec<_>>()
        };
        assert_eq!(of_group(people[1]).await, [Concern::Joined]);
        assert_eq!(of_group(people[2]).await, [Concern::Mention, Concern::Joined]);
    })
    .await;
}
