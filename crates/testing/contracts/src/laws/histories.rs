//! A random history of one group against a model of it.

mod model;

use std::sync::Arc;

use kabar_chats::{
    Cursor, Entry, Event, Forward, Mentions, Message, Window,
    ports::{Append, NewMessage},
};
use kabar_kernel::{Pos, Role, Seq, UserId};
use kabar_notifications::{About, Concern};
use proptest::{prelude::Strategy, strategy::ValueTree, test_runner::TestRunner};

use self::model::{Model, Numbers};
use crate::{
    Stores,
    scene::{AUDIENCE, Scene, assert_gapless, body, emoji, page, reply_to},
};

/// How many people there are; the first is the owner and stays.
const PEOPLE: usize = 4;
const STEPS: usize = 400;
/// After so many steps the whole log, every page and every inbox are compared.
const COMPARED_AFTER: usize = 40;
const EMOJIS: [&str; 3] = ["👍", "❤️", "🎉"];

/// What chance decides of one step.
type Dice = (u8, usize, usize, usize, u64);

/// One after the other, people join, leave, get roles, post, answer, forward, call, retry, edit, delete,
/// react, pin, receive, read and mark at random; after each step the numbers that everybody is shown are
/// those of a model, and now and then so are the log, the pages of messages, the pins and the inboxes.
pub async fn a_random_history_reads_back_as_the_model_tells_it(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(PEOPLE).await;
    let group = scene.group(people[0], &[]).await;
    let mut play = Play { model: Model::new(group, scene.log_of(group).await), scene, people };
    let dice = (0..28_u8, 1..PEOPLE, 0..PEOPLE, 0..1000_usize, 0..60_u64);
    let mut runner = TestRunner::deterministic();
    for step in 1..=STEPS {
        play.step(dice.new_tree(&mut runner).unwrap().current()).await;
        for user in &play.people {
            let shown = play.scene.state(group, *user).await.map(Numbers::from);
            assert_eq!(shown, play.model.numbers(*user), "step {step}");
        }
        if step % COMPARED_AFTER == 0 {
            play.compare().await;
        }
    }
    let happened =
        |kind: fn(&Event) -> bool| play.model.log.iter().filter(|entry| kind(&entry.event)).count();
    for (what, count) in [
        ("joinings", happened(|event| matches!(event, Event::MemberJoined { .. }))),
        ("messages", happened(|event| matches!(event, Event::MessagePosted(_))) / 8),
        ("edits", happened(|event| matches!(event, Event::MessageEdited { .. }))),
        ("deletions", happened(|event| matches!(event, Event::MessageDeleted(_)))),
        ("reactions", happened(|event| matches!(event, Event::ReactionAdded(_)))),
        ("reactions taken back", happened(|event| matches!(event, Event::ReactionRemoved(_)))),
        ("pins", happened(|event| matches!(event, Event::MessagePinned(_)))),
        ("pins taken off", happened(|event| matches!(event, Event::MessageUnpinned(_)))),
    ] {
        assert!(count > 3, "the history has {count} {what}: too dull to prove anything");
    }
}

struct Play {
    scene: Arc<Scene>,
    people: Vec<UserId>,
    model: Model,
}

impl Play {
    async fn step(&mut self, (kind, guest, anybody, which, number): Dice) {
        let (owner, guest, anybody) = (self.people[0], self.people[guest], self.people[anybody]);
        match kind {
            0 | 1 => self.join(guest, if which % 3 == 0 { guest } else { owner }).await,
            2 => self.leave(guest, if which % 2 == 0 { guest } else { owner }).await,
            3 => {
                self.set_role(guest, [Role::Member, Role::Moderator, Role::Admin][which % 3]).await
            }
            4..=6 => self.move_cursor(anybody, kind, number).await,
            7 => self.retry(which).await,
            8..=15 => self.post(anybody, kind, which).await,
            16 => self.mark_inbox(anybody).await,
            _ => self.change(anybody, kind, which, number).await,
        }
    }

    async fn join(&mut self, user: UserId, by: UserId) {
        let mut tx = self.scene.begin(self.model.group).await;
        let act = self.scene.act(by);
        let added = tx.add(&[user], Role::Member, act).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(added.is_empty(), self.model.members.contains_key(&user));
        if !added.is_empty() {
            self.model.write(by, act.at, Event::MemberJoined { user, role: Role::Member });
        }
    }

    async fn leave(&mut self, user: UserId, by: UserId) {
        if !self.model.members.contains_key(&user) {
            return;
        }
        let mut tx = self.scene.begin(self.model.group).await;
        let act = self.scene.act(by);
        tx.remove(user, act).await.unwrap();
        tx.commit().await.unwrap();
        let left = Event::MemberLeft { user };
        let event = if by == user { left } else { Event::MemberRemoved { user } };
        self.model.write(by, act.at, event);
    }

    async fn set_role(&mut self, user: UserId, role: Role) {
        if !self.model.members.contains_key(&user) {
            return;
        }
        let mut tx = self.scene.begin(self.model.group).await;
        let act = self.scene.act(self.people[0]);
        tx.set_role(user, role, act).await.unwrap();
        tx.commit().await.unwrap();
        self.model.write(act.by, act.at, Event::MemberRoleChanged { user, role });
    }

    async fn move_cursor(&mut self, user: UserId, kind: u8, number: u64) {
        let (scene, group, at) = (&self.scene, self.model.group, self.scene.now());
        let seq = Seq::new(number);
        let cursors = &scene.cursors;
        let cursor = match kind {
            4 => cursors.mark_read(group, user, seq, at, AUDIENCE).await,
            5 => cursors.mark_delivered(group, user, seq, at, AUDIENCE).await,
            _ => cursors.mark_unread(group, user, at, AUDIENCE).await,
        };
        let last = self.model.last_seq();
        if let Some(member) = self.model.members.get_mut(&user) {
            match kind {
                4 => {
                    member.read_seq = member.read_seq.max(number.min(last));
                    member.delivered_seq = member.delivered_seq.max(member.read_seq);
                    member.marked_unread = false;
                }
                5 => member.delivered_seq = member.delivered_seq.max(number.min(last)),
                _ => member.marked_unread = true,
            }
        }
        let answered = cursor.unwrap().map(|cursor: Cursor| {
            assert!(cursor.shown);
            Numbers {
                head: self.model.log.len(),
                last_seq: last,
                read_seq: cursor.read_seq.get(),
                delivered_seq: cursor.delivered_seq.get(),
                unread: cursor.unread,
                mentions: cursor.mentions,
                marked_unread: cursor.marked_unread,
            }
        });
        assert_eq!(answered, self.model.numbers(user));
    }

    async fn post(&mut self, author: UserId, kind: u8, which: usize) {
        let group = self.model.group;
        let mut draft = self.scene.draft(group, author).await;
        let named = |count| self.people.iter().cycle().skip(which).take(count).copied().collect();
        match kind {
            8 => draft.mentions = Mentions { users: named(1 + which % 2), all: false },
            9 => draft.mentions = Mentions { users: Vec::new(), all: true },
            10 => draft.mentions = Mentions { users: named(1), all: true },
            11 | 12 => draft.reply = self.model.any_message(which).map(reply_to),
            13 => {
                let created_at = self.scene.now();
                draft.forward = Some(Forward { author: self.people[which % PEOPLE], created_at });
            }
            _ => {}
        }
        let outcome = self.scene.log.append(draft.clone()).await.unwrap();
        let Append::Appended(appended) = outcome else {
            return assert!(!self.model.members.contains_key(&author), "a member was refused");
        };
        assert!(appended.created && self.model.members.contains_key(&author));
        self.model.post(&draft);
        let last = self.model.log_in_present_state().pop().map(without_edit_of_gone);
        let answered = Event::MessagePosted(bare(appended.message));
        assert_eq!(last.map(|entry| entry.event), Some(answered));
        self.model.drafts.push(draft);
    }

    async fn retry(&self, which: usize) {
        let Some(draft) = self.model.drafts.get(which % self.model.drafts.len().max(1)) else {
            return;
        };
        if self.model.members.contains_key(&draft.author) {
            let (id, text) = (self.scene.id(), body("something else"));
            let again = NewMessage { id, body: text, ..draft.clone() };
            let appended = self.scene.append(again).await;
            assert_eq!((appended.created, appended.message.id), (false, draft.id));
        }
    }

    /// Changes a message through a transaction, whoever wrote it: who may is not the store's to say.
    async fn change(&mut self, actor: UserId, kind: u8, which: usize, number: u64) {
        let Some(mut message) = self.model.any_message(which).cloned() else { return };
        let (mut actor, mut with) = (actor, emoji(EMOJIS[which % EMOJIS.len()]));
        // What is to be taken back is there, but for now and then.
        if kind == 24 && !number.is_multiple_of(4) {
            let Some((of, emoji, by)) = self.model.any_reaction(which) else { return };
            (actor, with, message) = (by, emoji, of);
        } else if kind == 27 && !number.is_multiple_of(4) {
            let Some(pinned) = self.model.any_pinned(which) else { return };
            message = pinned;
        }
        let tx = self.scene.log.begin(self.model.group, actor).await.unwrap();
        assert_eq!(tx.is_some(), self.model.members.contains_key(&actor));
        let Some(mut tx) = tx else { return };
        let (seq, at) = (message.seq, self.scene.now());
        match kind {
            17..=19 if !message.is_deleted() => {
                let called = self.people.iter().skip(which % 5).take(2).copied().collect();
                let mentions = match number % 4 {
                    0 => Mentions::NONE,
                    1 => Mentions { users: Vec::new(), all: true },
                    _ => Mentions { users: called, all: number % 4 == 3 },
                };
                let text = body(&format!("edited {number}"));
                tx.edit(seq, &text, &mentions, at).await.unwrap();
                self.model.edit(actor, at, seq, text, mentions);
            }
            20 if !message.is_deleted() => {
                tx.delete(seq, at).await.unwrap();
                self.model.delete(actor, at, seq);
            }
            21..=23 if !message.is_deleted() => {
                let changed = tx.react(seq, with, at).await.unwrap();
                assert_eq!(changed, self.model.react(actor, at, seq, with));
            }
            24 => {
                let changed = tx.unreact(seq, with, at).await.unwrap();
                assert_eq!(changed, self.model.unreact(actor, at, seq, with));
            }
            25..=27 if !message.is_deleted() => {
                let pinned = kind != 27;
                let changed = tx.pin(seq, pinned, at).await.unwrap();
                assert_eq!(changed, self.model.pin(actor, at, seq, pinned));
            }
            _ => {}
        }
        assert_eq!(tx.pin_count().await.unwrap(), u32::try_from(self.model.pins.len()).unwrap());
        tx.commit().await.unwrap();
    }

    async fn mark_inbox(&mut self, user: UserId) {
        self.scene.inbox.mark_all_read(user, self.scene.now()).await.unwrap();
        self.model.mark_all(user);
    }

    /// Compares the log, the messages as everybody sees them, the pins and the inboxes with the model.
    async fn compare(&self) {
        let (scene, model, group) = (&self.scene, &self.model, self.model.group);
        let log: Vec<Entry> =
            scene.log_of(group).await.into_iter().map(without_edit_of_gone).collect();
        assert_gapless(&log);
        let expected: Vec<Entry> =
            model.log_in_present_state().into_iter().map(without_edit_of_gone).collect();
        for (found, expected) in log.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(log.len(), expected.len());
        for user in &self.people {
            let is_member = model.members.contains_key(user);
            let mut found: Vec<Message> = Vec::new();
            loop {
                let after = found.last().map_or(Seq::ZERO, |message| message.seq);
                let asked = scene.log.messages(group, *user, Window::After(after), page(7)).await;
                let asked = asked.unwrap();
                assert_eq!(asked.is_some(), is_member);
                let Some(asked) = asked else { break };
                assert_eq!(asked.head, Pos::new(u64::try_from(model.log.len()).unwrap()));
                found.extend(asked.items);
                if !asked.has_after {
                    break;
                }
            }
            if is_member {
                let found: Vec<Message> = found.into_iter().map(bare).collect();
                let expected: Vec<Message> = model.seen_by(*user).map(bare).collect();
                for (found, expected) in found.iter().zip(&expected) {
                    assert_eq!(found, expected);
                }
                assert_eq!(found.len(), expected.len());
            }
            let pins = scene.log.pins(group, *user).await.unwrap();
            let pins = pins.map(|pins| {
                pins.into_iter().map(|pin| (pin.message.seq, pin.by, pin.at)).collect::<Vec<_>>()
            });
            let expected = is_member.then(|| model.pins.iter().rev().copied().collect::<Vec<_>>());
            assert_eq!(pins, expected);
            assert_eq!(self.inbox(*user).await, model.inbox(*user), "of {user}");
        }
    }

    /// What stands in a user's inbox, without what the model says nothing of.
    async fn inbox(&self, user: UserId) -> Vec<(u64, Concern, bool)> {
        let inbox = self.scene.inbox.list(user, None, false, page(500)).await.unwrap();
        let mut found: Vec<(u64, Concern, bool)> = inbox
            .items
            .into_iter()
            .filter_map(|item| match item.about {
                About::Message { message, unread } => {
                    assert_eq!(unread, 1);
                    let number = message.seq.get();
                    let told = self.model.tells(user, number);
                    told.then(|| {
                        (number, item.concern, item.read || self.model.is_unsure(user, number))
                    })
                }
                About::Membership { .. } => Some((item.id.pos.get(), item.concern, item.read)),
            })
            .collect();
        found.sort_unstable();
        found
    }
}

/// Of a deleted message nobody says whether it was edited.
fn bare(message: Message) -> Message {
    let edited_at = message.edited_at.filter(|_| !message.is_deleted());
    let quote = message.quote.map(|mut quote| {
        quote.edited_at = quote.edited_at.filter(|_| quote.deleted_at.is_none());
        quote
    });
    Message { edited_at, quote, ..message }
}

fn without_edit_of_gone(entry: Entry) -> Entry {
    let event = match entry.event {
        Event::MessagePosted(message) => Event::MessagePosted(bare(message)),
        Event::MessageEdited { message, newly } => {
            Event::MessageEdited { message: Box::new(bare(*message)), newly }
        }
        other => other,
    };
    Entry { event, ..entry }
}
