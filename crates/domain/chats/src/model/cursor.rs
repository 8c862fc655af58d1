use kabar_kernel::{ConversationId, Pos, Seq, UserId};

/// How far a member has received and read, and what that leaves, for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
    /// The last message read; never goes back.
    pub read_seq: Seq,
    /// The last message received by one of their devices; never goes back, never behind `read_seq`.
    pub delivered_seq: Seq,
    /// Messages of others after `read_seq` that are not deleted, counted up to
    /// [`UNREAD_CAP`](super::UNREAD_CAP).
    pub unread: u32,
    /// Those of them that call this member, counted up to [`UNREAD_CAP`](super::UNREAD_CAP).
    pub mentions: u32,
    /// Whether the member marked the conversation as unread since they last read in it.
    pub marked_unread: bool,
    /// Whether the other members may see how far this one is.
    pub shown: bool,
}

/// How far a member is, as another member sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
    /// The last message read.
    pub read_seq: Seq,
    /// The last message received.
    pub delivered_seq: Seq,
}

/// How far a member is, and since where they are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberReceipt {
    /// How far they are. It begins at the last message before their joining, which they need not have
    /// received.
    pub receipt: Receipt,
    /// The position of the entry by which they (last) joined; 0 in a direct conversation.
    pub joined_pos: Pos,
}

/// How far the members are, for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipts {
    /// Those of the other members who show it, by user id.
    Shown(Vec<MemberReceipt>),
    /// The group is too large for anybody to be shown anybody's.
    TooLarge,
}

/// What moved, of all that the reader may see, since a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovedCursors {
    /// The reader's own, whole.
    pub own: Vec<Cursor>,
    /// Other members'.
    pub others: Vec<Receipt>,
}
