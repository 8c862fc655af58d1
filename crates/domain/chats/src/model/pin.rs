use kabar_kernel::{Timestamp, UserId};

use super::Message;

/// A message that was pinned, for everybody in its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The message, as the reader sees it.
    pub message: Message,
    /// Who pinned it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

impl Pin {
    /// Most pinned messages of a conversation.
    pub const MAX: u32 = 100;
}
