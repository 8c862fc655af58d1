//! `MessageTx` and `LogStore::begin`: one change as a transaction.

use std::sync::Arc;

use kabar_chats::{
    ConversationKind, Emoji, Entry, Event, Mentions, Message, MessageRef, ReactionChange, Window,
    ports::MessageTx,
};
use kabar_kernel::{ConversationId, Pos, Role, Seq, UserId};

use crate::{
    Stores,
    scene::{
        Scene, assert_gapless, at_once, body, calling, emoji, messages, page,
        take_one_step_and_vanish,
    },
};

/// Everything that these people can see of a conversation.
async fn seen(
    scene: &Scene,
    conversation: ConversationId,
    people: &[UserId],
) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut views = Vec::new();
    for user in people {
        let latest = Window::Latest;
        views.push((
            scene.log.messages(conversation, *user, latest, page(50)).await.unwrap(),
            scene.log.pins(conversation, *user).await.unwrap(),
            scene.conversations.by_id(conversation, *user).await.unwrap(),
            scene.inbox.list(*user, None, false, page(50)).await.unwrap(),
        ));
    }
    (views, scene.log_of(conversation).await)
}

/// A group of three with three messages, the second of which is pinned and has a reaction.
async fn three_messages(scene: &Scene) -> (ConversationId, Vec<UserId>, Vec<Message>) {
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let mut said = Vec::new();
    for author in &people {
        said.push(scene.say(group, *author).await);
    }
    scene.react(&said[1], people[2], "👍").await;
    scene.pin(&said[1], people[0], true).await;
    (group, people, said)
}

/// Does one of everything that can be done to three messages: seven entries.
async fn change_everything(scene: &Scene, tx: &mut Box<dyn MessageTx>, said: &[Message]) {
    let called = calling(&[said[1].author]);
    tx.edit(said[0].seq, &body("changed"), &called, scene.now()).await.unwrap();
    assert!(tx.react(said[0].seq, emoji("🎉"), scene.now()).await.unwrap());
    assert!(tx.pin(said[0].seq, true, scene.now()).await.unwrap());
    assert!(tx.pin(said[1].seq, false, scene.now()).await.unwrap());
    assert!(tx.react(said[1].seq, emoji("👍"), scene.now()).await.unwrap());
    assert!(tx.unreact(said[1].seq, emoji("👍"), scene.now()).await.unwrap());
    tx.delete(said[2].seq, scene.now()).await.unwrap();
}

/// Nothing is visible to others before `commit`; all of it is afterwards.
pub async fn nothing_of_a_change_is_seen_before_its_commit(stores: Stores) {
    let scene = Scene::on(stores);
    let (group, people, said) = three_messages(&scene).await;
    let before = seen(&scene, group, &people).await;
    let heard = scene.heard.until("what was done", |heard| heard.entries.len() >= 8).await;
    let mut tx = scene.change(group, people[0]).await;
    change_everything(&scene, &mut tx, &said).await;
    assert_eq!(seen(&scene, group, &people).await, before, "seen before the commit");
    assert_eq!(scene.heard.so_far().entries, heard.entries, "announced before the commit");
    tx.commit().await.unwrap();
    let edited = scene.seen(&said[0], people[2]).await;
    assert_eq!((edited.body.as_str(), edited.reactions.len()), ("changed", 1));
    assert!(scene.seen(&said[2], people[1]).await.is_deleted());
    let pins = scene.log.pins(group, people[1]).await.unwrap().expect("a member reads");
    assert_eq!(pins.iter().map(|pin| pin.message.id).collect::<Vec<_>>(), [said[0].id]);
    let inbox = scene.inbox.list(people[1], None, false, page(50)).await.unwrap();
    assert_eq!(inbox.items.len(), 2, "the joining and the mention");
    assert_eq!(scene.log_of(group).await.len(), 8 + 7);
}

/// Dropped without `commit`, it leaves nothing, and the conversation can be changed again.
pub async fn a_dropped_change_leaves_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let (group, people, said) = three_messages(&scene).await;
    let before = seen(&scene, group, &people).await;
    for _ in 0..5 {
        let mut tx = scene.change(group, people[0]).await;
        change_everything(&scene, &mut tx, &said).await;
        drop(tx);
        assert_eq!(seen(&scene, group, &people).await, before);
        drop(scene.change(group, people[1]).await);
        // A caller that went away between begin and commit.
        take_one_step_and_vanish(scene.log.begin(group, people[0]));
        let task = tokio::spawn({
            let (scene, said, by) = (Arc::clone(&scene), said.clone(), people[0]);
            async move {
                let mut tx = scene.change(group, by).await;
                change_everything(&scene, &mut tx, &said).await;
                std::future::pending::<()>().await;
            }
        });
        tokio::task::yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    // What comes next follows without a hole, and nothing of what was dropped is announced.
    let next = scene.say(group, people[1]).await;
    assert_eq!((next.pos, next.seq), (Pos::new(9), Seq::new(4)));
    let mut tx = scene.change(group, people[0]).await;
    change_everything(&scene, &mut tx, &said).await;
    tx.commit().await.unwrap();
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), 8 + 1 + 7);
    let heard = scene.heard.until("the changes", |heard| heard.entries.len() >= log.len()).await;
    let positions: Vec<u64> = heard.entries.iter().map(|entry| entry.pos.get()).collect();
    assert_eq!(positions, (1..=16).collect::<Vec<_>>());
}

/// `commit` goes through also when its caller's future is dropped meanwhile.
pub async fn a_commit_of_a_change_goes_through_without_its_caller(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let said = scene.say(direct, ayu).await;
    for round in 1..=10 {
        let mut tx = scene.change(direct, ayu).await;
        let text = format!("text {round}");
        tx.edit(said.seq, &body(&text), &Mentions::NONE, scene.now()).await.unwrap();
        tx.pin(said.seq, round % 2 == 1, scene.now()).await.unwrap();
        take_one_step_and_vanish(tx.commit());
        let expected = 1 + 2 * round;
        scene.eventually("the commit", async || scene.log_of(direct).await.len() == expected).await;
        assert_eq!(scene.seen(&said, budi).await.body.as_str(), text);
    }
    let heard = scene.heard.until("the changes", |heard| heard.entries.len() >= 21).await;
    let positions: Vec<u64> = heard.entries.iter().map(|entry| entry.pos.get()).collect();
    assert_eq!(positions, (1..=21).collect::<Vec<_>>());
}

/// Every method that changes something writes the entry that records it, in order: by whom, when, of
/// which message. A change is activity of its conversation.
pub async fn every_change_of_a_message_writes_its_entry_in_order(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let (first, second) = (scene.say(direct, ayu).await, scene.say(direct, budi).await);
    let at: Vec<_> = (0..8).map(|_| scene.now()).collect();
    let (thumb, party) = (emoji("👍"), emoji("🎉"));
    let mut tx = scene.change(direct, ayu).await;
    let called = calling(&[budi]);
    tx.edit(first.seq, &body("changed"), &called, at[0]).await.unwrap();
    tx.react(second.seq, thumb, at[1]).await.unwrap();
    tx.pin(second.seq, true, at[2]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = scene.change(direct, budi).await;
    tx.react(second.seq, thumb, at[3]).await.unwrap();
    tx.react(second.seq, party, at[4]).await.unwrap();
    tx.unreact(second.seq, thumb, at[5]).await.unwrap();
    tx.pin(second.seq, false, at[6]).await.unwrap();
    tx.delete(second.seq, at[7]).await.unwrap();
    tx.commit().await.unwrap();
    let of = |message: &Message| MessageRef { id: message.id, seq: message.seq };
    let reaction = |emoji: Emoji, count| ReactionChange { message: of(&second), emoji, count };
    let edited = Message {
        body: body("changed"),
        mentions: called.clone(),
        edited_at: Some(at[0]),
        ..first.clone()
    };
    let edited = |newly| Event::MessageEdited { message: Box::new(edited.clone()), newly };
    let mut expected: Vec<Entry> = [
        (ayu, edited(Mentions::NONE)),
        (ayu, Event::ReactionAdded(reaction(thumb, 1))),
        (ayu, Event::MessagePinned(of(&second))),
        (budi, Event::ReactionAdded(reaction(thumb, 2))),
        (budi, Event::ReactionAdded(reaction(party, 1))),
        (budi, Event::ReactionRemoved(reaction(thumb, 1))),
        (budi, Event::MessageUnpinned(of(&second))),
        (budi, Event::MessageDeleted(of(&second))),
    ]
    .into_iter()
    .zip(3..)
    .zip(&at)
    .map(|(((by, event), pos), at)| Entry {
        conversation: direct,
        pos: Pos::new(pos),
        at: *at,
        by,
        event,
    })
    .collect();
    let log = scene.log_of(direct).await;
    assert_eq!(log[2..], expected);
    let listed = scene.conversations.by_id(direct, ayu).await.unwrap().unwrap();
    assert_eq!((listed.active_at, listed.state.head.get()), (at[7], 10));
    assert_eq!(listed.state.last_seq, Seq::new(2), "only messages have numbers");
    // Who hears of an edit when it is made hears whom it calls that the text before did not.
    let heard = scene.heard.until("the changes", |heard| heard.entries.len() >= 10).await;
    expected[0].event = edited(called);
    assert_eq!(heard.of(direct)[2..], expected);
}

/// What an edit calls anew is announced with it: those called now and not before.
pub async fn an_edit_announces_whom_it_calls_anew(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.call(group, people[0], &people[1..3]).await;
    let everybody = |users: &[UserId]| Mentions { users: users.to_vec(), all: true };
    let edits = [
        (calling(&[people[2], people[3]]), calling(&[people[3]])),
        (everybody(&[people[3]]), everybody(&[])),
        (everybody(&[people[1]]), calling(&[people[1]])),
        (Mentions::NONE, Mentions::NONE),
        (calling(&[people[3]]), calling(&[people[3]])),
    ];
    for (number, (mentions, _)) in edits.iter().enumerate() {
        scene.edit_calling(&said, &format!("text {number}"), mentions).await;
        assert_eq!(scene.seen(&said, people[1]).await.mentions, *mentions);
    }
    let heard = scene.heard.until("the edits", |heard| heard.of(group).len() >= 10).await;
    let newly: Vec<Mentions> = heard
        .of(group)
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::MessageEdited { newly, .. } => Some(newly),
            _ => None,
        })
        .collect();
    assert_eq!(newly, edits.map(|(_, newly)| newly));
    for entry in scene.log_of(group).await {
        if let Event::MessageEdited { newly, .. } = entry.event {
            assert_eq!(newly, Mentions::NONE, "a read of the log calls nobody again");
        }
    }
}

/// Changes of one conversation run one after the other: what a change read is true until its commit.
pub async fn changes_of_one_conversation_run_one_after_the_other(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.append_text(group, people[0], "0").await;
    // Each reads a number and writes the next one down: a lost update shows as a repeated number.
    at_once((0..30).map(|number| {
        let (scene, actor, said) = (Arc::clone(&scene), people[number % 3], said.clone());
        async move {
            let mut tx = scene.change(group, actor).await;
            let read = tx.message(said.id).await.unwrap().expect("it is there");
            tokio::task::yield_now().await;
            let next = read.body.as_str().parse::<u32>().unwrap() + 1;
            let next = body(&next.to_string());
            tx.edit(said.seq, &next, &Mentions::NONE, scene.now()).await.unwrap();
            tx.commit().await.unwrap();
        }
    }))
    .await;
    assert_eq!(scene.seen(&said, people[1]).await.body.as_str(), "30");
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), 3 + 1 + 30);
}

/// The entries of changes reach the live feed in the order of the log among everything else.
pub async fn changes_are_announced_in_the_order_of_the_log(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let said = scene.say(group, people[0]).await;
    at_once((0..4).map(|task| {
        let (scene, people, said) = (Arc::clone(&scene), people.clone(), said.clone());
        async move {
            for round in 0..12 {
                match task {
                    0 => drop(scene.say(group, people[1]).await),
                    1 => drop(scene.answer(&said, people[2]).await),
                    2 if round % 2 == 0 => scene.add(group, &[people[3]], people[0]).await,
                    2 => scene.remove(group, people[3], people[0]).await,
                    _ => {
                        scene.edit(&said, &format!("text {round}")).await;
                        scene
                            .react(&said, people[1], if round % 2 == 0 { "👍" } else { "🎉" })
                            .await;
                    }
                }
            }
        }
    }))
    .await;
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), 3 + 1 + 12 * 3 + 12 + 2);
    let heard = scene.heard.until("the log", |heard| heard.of(group).len() >= log.len()).await;
    let positions: Vec<u64> = heard.of(group).iter().map(|entry| entry.pos.get()).collect();
    assert_eq!(positions, (1..).take(log.len()).collect::<Vec<_>>());
}

/// `begin` answers `None` for whoever is not a member, as for an unknown conversation; to a member it
/// answers what they are now.
pub async fn only_a_member_begins_a_change_and_as_what_they_are_now(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let direct = scene.direct(people[0], people[1]).await;
    scene.remove(group, people[2], people[0]).await;
    for (conversation, user) in [
        (group, people[2]),
        (group, people[3]),
        (direct, people[2]),
        (scene.id(), people[0]),
        (group, scene.id()),
    ] {
        assert!(scene.log.begin(conversation, user).await.unwrap().is_none());
    }
    let mut tx = scene.begin(group).await;
    tx.set_role(people[1], Role::Moderator, scene.act(people[0])).await.unwrap();
    tx.commit().await.unwrap();
    for (conversation, user, kind, role) in [
        (group, people[0], ConversationKind::Group, Role::Owner),
        (group, people[1], ConversationKind::Group, Role::Moderator),
        (direct, people[1], ConversationKind::Direct, Role::Member),
    ] {
        let standing = scene.change(conversation, user).await.standing();
        assert_eq!((standing.kind, standing.role), (kind, role));
        let asked = scene.standing(conversation, user).await.map(|standing| standing.roster);
        assert_eq!(Some(standing.roster), asked);
    }
}

/// A change finds the messages of its own conversation, deleted ones as well, without quote and
/// reactions; it sees its own steps.
pub async fn a_change_finds_the_messages_of_its_conversation(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (ayu, budi) = (people[0], people[1]);
    let direct = scene.direct(ayu, budi).await;
    let other = scene.direct(ayu, people[2]).await;
    let (said, elsewhere) = (scene.say(direct, ayu).await, scene.say(other, ayu).await);
    let answer = scene.answer(&said, budi).await;
    scene.react(&answer, ayu, "👍").await;
    let gone = scene.say(direct, ayu).await;
    scene.delete(&gone, ayu).await;
    let mut tx = scene.change(direct, ayu).await;
    assert_eq!(tx.message(said.id).await.unwrap(), Some(said.clone()));
    let bare = Message { quote: None, ..answer.clone() };
    assert_eq!(tx.message(answer.id).await.unwrap(), Some(bare));
    assert!(tx.message(gone.id).await.unwrap().expect("it keeps its place").is_deleted());
    assert_eq!(tx.message(elsewhere.id).await.unwrap(), None);
    assert_eq!(tx.message(scene.id()).await.unwrap(), None);
    let at = scene.now();
    tx.edit(said.seq, &body("changed"), &calling(&[budi]), at).await.unwrap();
    let edited = tx.message(said.id).await.unwrap().expect("it is there");
    assert_eq!((edited.body.as_str(), edited.edited_at), ("changed", Some(at)));
    assert_eq!(edited.mentions, calling(&[budi]));
    assert_eq!(tx.emojis(said.seq).await.unwrap(), []);
    assert!(tx.react(said.seq, emoji("🎉"), at).await.unwrap());
    assert!(!tx.react(said.seq, emoji("🎉"), at).await.unwrap(), "the same again");
    assert_eq!(tx.emojis(said.seq).await.unwrap(), [emoji("🎉")]);
    assert_eq!(tx.pin_count().await.unwrap(), 0);
    assert!(tx.pin(said.seq, true, at).await.unwrap());
    assert!(!tx.pin(said.seq, true, at).await.unwrap(), "the same again");
    assert_eq!(tx.pin_count().await.unwrap(), 1);
    tx.delete(said.seq, scene.now()).await.unwrap();
    assert!(tx.message(said.id).await.unwrap().expect("it keeps its place").is_deleted());
    assert_eq!(tx.emojis(said.seq).await.unwrap(), []);
    assert_eq!(tx.pin_count().await.unwrap(), 0);
    drop(tx);
    assert_eq!(scene.seen(&said, budi).await, said);
    assert_eq!(messages(&scene.log_of(other).await), [elsewhere]);
}
