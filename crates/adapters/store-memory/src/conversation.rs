//! One conversation: its log, its roster, its members' cursors.

use std::{collections::HashMap, sync::Arc};

use kabar_chats::{
    ClientId, Conversation, ConversationKind, ConversationState, Cursor, Entry, Event, Message,
    RosterMember, UNREAD_CAP, Window,
    ports::{MessagePage, NewMessage},
};
use kabar_groups::{Act, GroupDescription, GroupName, Member};
use kabar_kernel::{
    ConversationId, Page, PageSize, Pos, Role, RosterVersion, Seq, Timestamp, UserId,
};
use tokio::sync::Mutex;

/// A row of the roster.
#[derive(Clone, Copy)]
pub(crate) struct MemberRow {
    pub(crate) member: Member,
    pub(crate) read_seq: Seq,
}

/// What makes a conversation a group.
pub(crate) struct GroupRow {
    pub(crate) name: GroupName,
    pub(crate) description: GroupDescription,
}

/// One position of the log: a message is kept apart, so that its entry shows its present state.
enum Logged {
    Post(usize),
    Change { act: Act, event: Event },
}

/// A conversation with all that belongs to it.
pub(crate) struct ConversationRow {
    pub(crate) id: ConversationId,
    pub(crate) created_at: Timestamp,
    pub(crate) active_at: Timestamp,
    /// `None` for a direct conversation.
    pub(crate) group: Option<GroupRow>,
    pub(crate) roster: HashMap<UserId, MemberRow>,
    pub(crate) roster_version: RosterVersion,
    /// Held by whoever writes to the log, until what was written is announced.
    pub(crate) turn: Arc<Mutex<()>>,
    log: Vec<Logged>,
    messages: Vec<Message>,
    /// The message of each client id.
    sent: HashMap<(UserId, ClientId), usize>,
}

/// A number of the log from a length.
fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A length from a number of the log; a number beyond what memory holds is beyond every length.
fn length(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl ConversationRow {
    pub(crate) fn new(id: ConversationId, at: Timestamp, group: Option<GroupRow>) -> Self {
        Self {
            id,
            created_at: at,
            active_at: at,
            group,
            roster: HashMap::new(),
            roster_version: RosterVersion::new(1),
            turn: Arc::default(),
            log: Vec::new(),
            messages: Vec::new(),
            sent: HashMap::new(),
        }
    }

    pub(crate) fn kind(&self) -> ConversationKind {
        if self.group.is_some() { ConversationKind::Group } else { ConversationKind::Direct }
    }

    fn head(&self) -> Pos {
        Pos::new(number(self.log.len()))
    }

    pub(crate) fn last_seq(&self) -> Seq {
        Seq::new(number(self.messages.len()))
    }

    /// Makes somebody a member whose cursor starts at the last message.
    pub(crate) fn admit(&mut self, user: UserId, role: Role, joined_at: Timestamp) {
        let member = Member { user, role, joined_at };
        self.roster.insert(user, MemberRow { member, read_seq: self.last_seq() });
    }

    /// Writes a change to the log.
    pub(crate) fn record(&mut self, act: Act, event: Event) -> Entry {
        self.log.push(Logged::Change { act, event: event.clone() });
        self.active_at = act.at;
        Entry { conversation: self.id, pos: self.head(), at: act.at, by: act.by, event }
    }

    /// Posts a message; answers it with its index.
    pub(crate) fn post(&mut self, new: NewMessage) -> (Message, usize) {
        let index = self.messages.len();
        let message = Message {
            id: new.id,
            conversation: self.id,
            seq: self.last_seq().next(),
            pos: self.head().next(),
            author: new.author,
            client_id: new.client_id,
            body: new.body,
            reply_to: new.reply_to,
            created_at: new.created_at,
        };
        self.log.push(Logged::Post(index));
        self.sent.insert((message.author, message.client_id.clone()), index);
        self.active_at = message.created_at;
        self.messages.push(message.clone());
        (message, index)
    }

    /// The message that this author's client called so.
    pub(crate) fn sent(&self, author: UserId, client_id: &ClientId) -> Option<&Message> {
        self.messages.get(*self.sent.get(&(author, client_id.clone()))?)
    }

    pub(crate) fn message(&self, index: usize) -> Option<&Message> {
        self.messages.get(index)
    }

    pub(crate) fn entries_after(&self, after: Pos, size: PageSize) -> Page<Entry> {
        let positions = self.log.iter().zip(1..).skip(length(after.get()));
        let entries = positions.filter_map(|(logged, pos)| self.entry(logged, Pos::new(pos)));
        Page::from_overfetch(entries.take(usize::from(size.get()) + 1).collect(), size)
    }

    fn entry(&self, logged: &Logged, pos: Pos) -> Option<Entry> {
        match logged {
            Logged::Post(index) => self.messages.get(*index).map(posted),
            Logged::Change { act, event } => Some(Entry {
                conversation: self.id,
                pos,
                at: act.at,
                by: act.by,
                event: event.clone(),
            }),
        }
    }

    pub(crate) fn window(&self, window: Window, size: PageSize) -> MessagePage {
        let (count, size) = (self.messages.len(), usize::from(size.get()));
        let (from, to) = match window {
            Window::Latest => (count.saturating_sub(size), count),
            Window::Before(seq) => {
                let to = length(seq.get()).saturating_sub(1).min(count);
                (to.saturating_sub(size), to)
            }
            Window::After(seq) => {
                let from = length(seq.get()).min(count);
                (from, from.saturating_add(size).min(count))
            }
            Window::Around(seq) => {
                let middle = length(seq.get()).min(count);
                let from = middle.saturating_sub(size.div_ceil(2));
                (from, middle.saturating_add(size / 2).min(count))
            }
        };
        MessagePage {
            items: self.messages.get(from..to).unwrap_or_default().to_vec(),
            has_before: from > 0,
            has_after: to < count,
        }
    }

    fn unread(&self, member: &MemberRow) -> u32 {
        let after = self.messages.iter().skip(length(member.read_seq.get()));
        let of_others = after.filter(|message| message.author != member.member.user);
        let cap = usize::try_from(UNREAD_CAP).unwrap_or(usize::MAX);
        u32::try_from(of_others.take(cap).count()).unwrap_or(UNREAD_CAP)
    }

    /// Moves a member's cursor; answers it and whether it moved.
    pub(crate) fn mark_read(&mut self, reader: UserId, seq: Seq) -> Option<(Cursor, bool)> {
        let last = self.last_seq();
        let row = self.roster.get_mut(&reader)?;
        let read_seq = seq.min(last).max(row.read_seq);
        let moved = read_seq > row.read_seq;
        row.read_seq = read_seq;
        let row = *row;
        let unread = self.unread(&row);
        Some((Cursor { conversation: self.id, user: reader, read_seq, unread }, moved))
    }

    pub(crate) fn state_for(&self, reader: UserId) -> Option<ConversationState> {
        let row = self.roster.get(&reader)?;
        Some(ConversationState {
            id: self.id,
            kind: self.kind(),
            head: self.head(),
            last_seq: self.last_seq(),
            read_seq: row.read_seq,
            unread: self.unread(row),
        })
    }

    /// The members in the order they joined, then by id.
    pub(crate) fn members(&self) -> Vec<Member> {
        let mut members: Vec<Member> = self.roster.values().map(|row| row.member).collect();
        members.sort_unstable_by_key(|member| (member.joined_at, member.user));
        members
    }

    pub(crate) fn member_count(&self) -> u32 {
        u32::try_from(self.roster.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn seen_by(&self, reader: UserId) -> Option<Conversation> {
        let role = self.roster.get(&reader)?.member.role;
        let shown = self.members().into_iter().take(usize::from(Conversation::ROSTER_SHOWN));
        Some(Conversation {
            state: self.state_for(reader)?,
            role,
            name: self.group.as_ref().map(|group| group.name.as_str().to_owned()),
            created_at: self.created_at,
            active_at: self.active_at,
            member_count: self.member_count(),
            members: shown
                .map(|member| RosterMember { user: member.user, role: member.role })
                .collect(),
        })
    }
}

/// The entry of a message.
pub(crate) fn posted(message: &Message) -> Entry {
    Entry {
        conversation: message.conversation,
        pos: message.pos,
        at: message.created_at,
        by: message.author,
        event: Event::MessagePosted(message.clone()),
    }
}
