//! One conversation with all that belongs to it.

mod calls;
mod cursors;
mod log;
mod member;
mod message;
mod notices;
mod reactions;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use kabar_chats::{
    ClientId, Conversation, ConversationKind, ConversationState, RosterMember, Standing,
};
use kabar_groups::{GroupDescription, GroupName, Member};
use kabar_kernel::{ConversationId, MessageId, Pos, Role, RosterVersion, Seq, Timestamp, UserId};
use tokio::sync::Mutex;

pub(crate) use self::{
    cursors::{Mark, Moved},
    log::PinRow,
    member::MemberRow,
    message::MessageRow,
};

use self::{log::Logged, notices::Notice};

/// What makes a conversation a group.
pub(crate) struct GroupRow {
    pub(crate) name: GroupName,
    pub(crate) description: GroupDescription,
}

/// A conversation: its log, its roster, its members' cursors, and what its members are to be notified
/// of.
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
    messages: Vec<MessageRow>,
    /// The message of each id.
    ids: HashMap<MessageId, usize>,
    /// The message of each client id.
    sent: HashMap<(UserId, ClientId), usize>,
    /// The last pinned last.
    pins: Vec<PinRow>,
    /// What members are to be notified of besides messages.
    notices: Vec<Notice>,
    /// Which notifications were marked as read, by the entry they are about.
    marked: HashSet<(UserId, Pos)>,
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
            ids: HashMap::new(),
            sent: HashMap::new(),
            pins: Vec::new(),
            notices: Vec::new(),
            marked: HashSet::new(),
        }
    }

    pub(crate) fn kind(&self) -> ConversationKind {
        if self.is_direct() { ConversationKind::Direct } else { ConversationKind::Group }
    }

    pub(crate) const fn is_direct(&self) -> bool {
        self.group.is_none()
    }

    pub(crate) fn head(&self) -> Pos {
        Pos::new(number(self.log.len()))
    }

    pub(crate) fn last_seq(&self) -> Seq {
        Seq::new(number(self.messages.len()))
    }

    pub(crate) fn is_member(&self, user: UserId) -> bool {
        self.roster.contains_key(&user)
    }

    /// Makes somebody a member, whose cursor starts at the last message. In a group the entry that
    /// says so comes next.
    pub(crate) fn admit(&mut self, user: UserId, role: Role, joined_at: Timestamp) {
        let joined = if self.is_direct() { Pos::ZERO } else { self.head().next() };
        let member = Member { user, role, joined_at };
        self.roster.insert(user, MemberRow::new(member, joined, self.last_seq()));
    }

    pub(crate) fn standing(&self, user: UserId) -> Option<Standing> {
        let role = self.roster.get(&user)?.member.role;
        Some(Standing { kind: self.kind(), role, roster: self.roster_version })
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

    pub(crate) fn state_for(&self, reader: UserId) -> Option<ConversationState> {
        let row = self.roster.get(&reader)?;
        let (unread, mentions) = self.waiting(row);
        Some(ConversationState {
            id: self.id,
            kind: self.kind(),
            head: self.head(),
            last_seq: self.last_seq(),
            read_seq: row.read_seq,
            delivered_seq: row.delivered_seq,
            unread,
            mentions,
            marked_unread: row.marked_unread,
        })
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
