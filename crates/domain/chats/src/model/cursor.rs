use kabar_kernel::{ConversationId, Seq, UserId};

/// How far a member has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
    /// The last message read; never goes back.
    pub read_seq: Seq,
    /// Messages of others after that, counted up to [`UNREAD_CAP`](super::UNREAD_CAP).
    pub unread: u32,
}
