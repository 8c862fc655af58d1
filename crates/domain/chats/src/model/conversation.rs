use kabar_kernel::{ConversationId, Pos, Role, RosterVersion, Seq, Timestamp, UserId};

/// Unread messages are counted up to this many: a client shows "999+" long before.
pub const UNREAD_CAP: u32 = 1000;

/// What kind of conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConversationKind {
    /// Two people, or one with oneself; its roster never changes.
    Direct,
    /// A group with a roster, roles and a name.
    Group,
}

impl ConversationKind {
    /// The kind's name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Group => "group",
        }
    }
}

/// A member, as others see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterMember {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
}

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its log's numbers and the reader's cursor.
    pub state: ConversationState,
    /// The reader's own role.
    pub role: Role,
    /// The group's name; `None` for a direct conversation.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its last entry was written, or when it was made.
    pub active_at: Timestamp,
    /// How many members it has.
    pub member_count: u32,
    /// Its first members in the order they joined (then by id), at most [`Conversation::ROSTER_SHOWN`].
    pub members: Vec<RosterMember>,
}

impl Conversation {
    /// How many members are shown with a conversation; the rest is paged from the group.
    pub const ROSTER_SHOWN: u16 = 100;
}

/// The numbers of a conversation that a client compares its own with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationState {
    /// Which conversation.
    pub id: ConversationId,
    /// What kind.
    pub kind: ConversationKind,
    /// The position of its last entry.
    pub head: Pos,
    /// The number of its last message.
    pub last_seq: Seq,
    /// Up to which message the reader has read.
    pub read_seq: Seq,
    /// Up to which message the reader's devices have received.
    pub delivered_seq: Seq,
    /// Messages of others after `read_seq` that are not deleted, counted up to [`UNREAD_CAP`].
    pub unread: u32,
    /// Those of them that call the reader, counted up to [`UNREAD_CAP`].
    pub mentions: u32,
    /// Whether the reader marked it as unread since they last read in it.
    pub marked_unread: bool,
}

/// Where a list of conversations by recent activity goes on: after the one with these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityCursor {
    /// Its `active_at`.
    pub active_at: Timestamp,
    /// Its id, which decides between equal moments.
    pub conversation: ConversationId,
}

/// What a member may do rests on this; read from a cache, and checked again inside the transaction
/// that writes when the roster has moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The conversation's kind.
    pub kind: ConversationKind,
    /// The member's role.
    pub role: Role,
    /// The roster this was read from.
    pub roster: RosterVersion,
}
