//! The model of a group's history: everything in memory, one after the other, the obvious way.

use std::collections::{BTreeMap, BTreeSet};

use kabar_chats::{
    ConversationState, Emoji, Entry, Event, Mentions, Message, MessageBody, MessageRef, Quote,
    Reaction, ReactionChange, UNREAD_CAP, ports::NewMessage,
};
use kabar_kernel::{ConversationId, Pos, Seq, Timestamp, UserId};
use kabar_notifications::Concern;

/// The numbers of a conversation that a member is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) head: usize,
    pub(super) last_seq: u64,
    pub(super) read_seq: u64,
    pub(super) delivered_seq: u64,
    pub(super) unread: u32,
    pub(super) mentions: u32,
    pub(super) marked_unread: bool,
}

impl From<ConversationState> for Numbers {
    fn from(state: ConversationState) -> Self {
        Self {
            head: usize::try_from(state.head.get()).unwrap(),
            last_seq: state.last_seq.get(),
            read_seq: state.read_seq.get(),
            delivered_seq: state.delivered_seq.get(),
            unread: state.unread,
            mentions: state.mentions,
            marked_unread: state.marked_unread,
        }
    }
}

/// A member, from their last joining on.
pub(super) struct Member {
    joined: Pos,
    pub(super) read_seq: u64,
    pub(super) delivered_seq: u64,
    pub(super) marked_unread: bool,
}

pub(super) struct Model {
    pub(super) group: ConversationId,
    pub(super) members: BTreeMap<UserId, Member>,
    /// Messages in it are as they were posted; what they are now stands in `messages`.
    pub(super) log: Vec<Entry>,
    messages: Vec<Message>,
    reactions: Vec<(Seq, Emoji, UserId)>,
    /// In the order in which they were pinned.
    pub(super) pins: Vec<(Seq, UserId, Timestamp)>,
    pub(super) drafts: Vec<NewMessage>,
    /// Who marked what: numbers of messages, and positions of memberships.
    marked: BTreeSet<(UserId, u64)>,
    marked_memberships: BTreeSet<(UserId, u64)>,
    /// Marked and edited since: who was called, was not, and is again may have to look again or not.
    unsure: BTreeSet<(UserId, u64)>,
}

impl Model {
    /// A group that was just made by its only member.
    pub(super) fn new(group: ConversationId, log: Vec<Entry>) -> Self {
        let owner =
            Member { joined: Pos::ZERO, read_seq: 0, delivered_seq: 0, marked_unread: false };
        Self {
            group,
            members: BTreeMap::from([(log[0].by, owner)]),
            log,
            messages: Vec::new(),
            reactions: Vec::new(),
            pins: Vec::new(),
            drafts: Vec::new(),
            marked: BTreeSet::new(),
            marked_memberships: BTreeSet::new(),
            unsure: BTreeSet::new(),
        }
    }

    pub(super) fn last_seq(&self) -> u64 {
        u64::try_from(self.messages.len()).unwrap()
    }

    pub(super) fn any_message(&self, which: usize) -> Option<&Message> {
        self.messages.get(which % self.messages.len().max(1))
    }

    pub(super) fn any_reaction(&self, which: usize) -> Option<(Message, Emoji, UserId)> {
        let (seq, emoji, by) = self.reactions.get(which % self.reactions.len().max(1))?;
        let message = self.messages.iter().find(|message| message.seq == *seq)?;
        Some((message.clone(), *emoji, *by))
    }

    pub(super) fn any_pinned(&self, which: usize) -> Option<Message> {
        let (seq, ..) = self.pins.get(which % self.pins.len().max(1))?;
        self.messages.iter().find(|message| message.seq == *seq).cloned()
    }

    fn next_pos(&self) -> Pos {
        Pos::new(u64::try_from(self.log.len()).unwrap() + 1)
    }

    pub(super) fn write(&mut self, by: UserId, at: Timestamp, event: Event) {
        let (pos, last) = (self.next_pos(), self.last_seq());
        match event {
            Event::MemberJoined { user, .. } => {
                let member = Member {
                    joined: pos,
                    read_seq: last,
                    delivered_seq: last,
                    marked_unread: false,
                };
                self.members.insert(user, member);
            }
            Event::MemberLeft { user } | Event::MemberRemoved { user } => {
                self.members.remove(&user);
            }
            _ => {}
        }
        self.log.push(Entry { conversation: self.group, pos, at, by, event });
    }

    pub(super) fn post(&mut self, draft: &NewMessage) {
        let message = Message {
            id: draft.id,
            conversation: self.group,
            seq: Seq::new(self.last_seq() + 1),
            pos: self.next_pos(),
            author: draft.author,
            client_id: draft.client_id.clone(),
            body: draft.body.clone(),
            reply_to: draft.reply.map(|reply| reply.message),
            quote: None,
            forward: draft.forward,
            mentions: draft.mentions.clone(),
            reactions: Vec::new(),
            created_at: draft.created_at,
            edited_at: None,
            deleted_at: None,
        };
        self.messages.push(message.clone());
        self.write(draft.author, draft.created_at, Event::MessagePosted(message));
    }

    fn at(&mut self, seq: Seq) -> &mut Message {
        &mut self.messages[usize::try_from(seq.get()).unwrap() - 1]
    }

    pub(super) fn edit(
        &mut self,
        by: UserId,
        at: Timestamp,
        seq: Seq,
        body: MessageBody,
        mentions: Mentions,
    ) {
        let message = self.at(seq);
        (message.body, message.mentions, message.edited_at) = (body, mentions, Some(at));
        let message = Box::new(message.clone());
        let marked = self.marked.iter().filter(|(_, number)| *number == seq.get());
        self.unsure.extend(marked);
        self.write(by, at, Event::MessageEdited { message, newly: Mentions::NONE });
    }

    pub(super) fn delete(&mut self, by: UserId, at: Timestamp, seq: Seq) {
        let message = self.at(seq);
        message.body = MessageBody::removed();
        (message.mentions, message.forward) = (Mentions::NONE, None);
        message.deleted_at = Some(at);
        let gone = MessageRef { id: message.id, seq };
        self.reactions.retain(|(of, ..)| *of != seq);
        self.pins.retain(|(of, ..)| *of != seq);
        self.write(by, at, Event::MessageDeleted(gone));
    }

    fn reacted(&mut self, seq: Seq, emoji: Emoji) -> ReactionChange {
        let message = MessageRef { id: self.at(seq).id, seq };
        let count =
            self.reactions.iter().filter(|(of, with, _)| (*of, *with) == (seq, emoji)).count();
        ReactionChange { message, emoji, count: u32::try_from(count).unwrap() }
    }

    pub(super) fn react(&mut self, by: UserId, at: Timestamp, seq: Seq, emoji: Emoji) -> bool {
        if self.reactions.contains(&(seq, emoji, by)) {
            return false;
        }
        // Behind those with the same emoji, which keeps the place of its first use.
        let same = self.reactions.iter().rposition(|(of, with, _)| (*of, *with) == (seq, emoji));
        let place = same.map_or(self.reactions.len(), |last| last + 1);
        self.reactions.insert(place, (seq, emoji, by));
        let change = self.reacted(seq, emoji);
        self.write(by, at, Event::ReactionAdded(change));
        true
    }

    pub(super) fn unreact(&mut self, by: UserId, at: Timestamp, seq: Seq, emoji: Emoji) -> bool {
        if !self.reactions.contains(&(seq, emoji, by)) {
            return false;
        }
        self.reactions.retain(|reaction| *reaction != (seq, emoji, by));
        let change = self.reacted(seq, emoji);
        self.write(by, at, Event::ReactionRemoved(change));
        true
    }

    pub(super) fn pin(&mut self, by: UserId, at: Timestamp, seq: Seq, pinned: bool) -> bool {
        if self.pins.iter().any(|(of, ..)| *of == seq) == pinned {
            return false;
        }
        let of = MessageRef { id: self.at(seq).id, seq };
        if pinned {
            self.pins.push((seq, by, at));
            self.write(by, at, Event::MessagePinned(of));
        } else {
            self.pins.retain(|(pin, ..)| *pin != seq);
            self.write(by, at, Event::MessageUnpinned(of));
        }
        true
    }

    /// What a member is shown of the conversation's numbers; `None` for whoever is none.
    pub(super) fn numbers(&self, user: UserId) -> Option<Numbers> {
        let member = self.members.get(&user)?;
        let count = |counts: fn(&Message, UserId) -> bool| {
            let waiting = self.messages.iter().filter(|message| {
                let unread = message.seq.get() > member.read_seq && !message.is_deleted();
                unread && message.author != user && counts(message, user)
            });
            u32::try_from(waiting.count()).unwrap().min(UNREAD_CAP)
        };
        Some(Numbers {
            head: self.log.len(),
            last_seq: self.last_seq(),
            read_seq: member.read_seq,
            delivered_seq: member.delivered_seq,
            unread: count(|_, _| true),
            mentions: count(|message, user| message.mentions.calls(user)),
            marked_unread: member.marked_unread,
        })
    }

    /// A message as it is now, with its quote and without reactions.
    fn present(&self, message: &Message) -> Message {
        let now = &self.messages[usize::try_from(message.seq.get()).unwrap() - 1];
        let answered = self.messages.iter().find(|other| Some(other.id) == now.reply_to);
        Message { quote: answered.map(|answered| Box::new(Quote::of(answered))), ..now.clone() }
    }

    pub(super) fn log_in_present_state(&self) -> Vec<Entry> {
        let present = |entry: &Entry| {
            let event = match &entry.event {
                Event::MessagePosted(message) => Event::MessagePosted(self.present(message)),
                Event::MessageEdited { message, newly } => Event::MessageEdited {
                    message: Box::new(self.present(message)),
                    newly: newly.clone(),
                },
                other => other.clone(),
            };
            Entry { event, ..entry.clone() }
        };
        self.log.iter().map(present).collect()
    }

    /// Every message as a member sees it, with reactions in the order of the first use of each emoji.
    pub(super) fn seen_by(&self, reader: UserId) -> impl Iterator<Item = Message> {
        self.messages.iter().map(move |message| {
            let mut reactions: Vec<Reaction> = Vec::new();
            for (_, emoji, by) in self.reactions.iter().filter(|(of, ..)| *of == message.seq) {
                let mine = *by == reader;
                match reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) {
                    Some(reaction) => {
                        reaction.count += 1;
                        reaction.mine |= mine;
                    }
                    None => reactions.push(Reaction { emoji: *emoji, count: 1, mine }),
                }
            }
            Message { reactions, ..self.present(message) }
        })
    }

    /// Whether the model says what the inbox holds of a message: not of one from before the user's last
    /// joining that was edited since.
    pub(super) fn tells(&self, user: UserId, number: u64) -> bool {
        let message = &self.messages[usize::try_from(number).unwrap() - 1];
        let joined = self.members.get(&user).map(|member| member.joined);
        joined.is_none_or(|joined| message.pos > joined || message.edited_at.is_none())
    }

    /// Whether it is left open whether the user has seen this message's notification.
    pub(super) fn is_unsure(&self, user: UserId, number: u64) -> bool {
        self.unsure.contains(&(user, number))
    }

    fn concern(&self, message: &Message, user: UserId) -> Option<Concern> {
        let answered = self.messages.iter().find(|other| Some(other.id) == message.reply_to);
        let answers = answered.is_some_and(|answered| answered.author == user);
        match message.mentions {
            _ if message.author == user || message.is_deleted() => None,
            Mentions { ref users, .. } if users.contains(&user) => Some(Concern::Mention),
            _ if answers => Some(Concern::Reply),
            Mentions { all: true, .. } => Some(Concern::MentionAll),
            _ => None,
        }
    }

    /// What stands in a user's inbox, with the number of each message or the position of each
    /// membership, and whether it is read, in order.
    pub(super) fn inbox(&self, user: UserId) -> Vec<(u64, Concern, bool)> {
        let Some(member) = self.members.get(&user) else { return Vec::new() };
        let of_messages = self.messages.iter().filter(|message| message.pos > member.joined);
        let of_messages = of_messages.filter_map(|message| {
            let number = message.seq.get();
            let marked = self.marked.contains(&(user, number)) || self.is_unsure(user, number);
            let read = number <= member.read_seq || marked;
            self.concern(message, user).map(|concern| (number, concern, read))
        });
        let of_memberships = self.log.iter().filter(|entry| entry.by != user).filter_map(|entry| {
            let number = entry.pos.get();
            let concern = match entry.event {
                Event::MemberJoined { user: joined, .. } if joined == user => Concern::Joined,
                Event::MemberRoleChanged { user: raised, .. } if raised == user => {
                    Concern::RoleChanged
                }
                _ => return None,
            };
            let read = self.marked_memberships.contains(&(user, number));
            (entry.pos >= member.joined).then_some((number, concern, read))
        });
        let mut inbox: Vec<_> = of_messages.chain(of_memberships).collect();
        inbox.sort_unstable();
        inbox
    }

    /// Marks all that stands in a user's inbox now.
    pub(super) fn mark_all(&mut self, user: UserId) {
        for (number, concern, _) in self.inbox(user) {
            match concern {
                Concern::Joined | Concern::RoleChanged => {
                    self.marked_memberships.insert((user, number));
                }
                _ => {
                    self.marked.insert((user, number));
                }
            }
        }
    }
}
