use kabar_kernel::{ConversationId, PortError, Seq, UserId};

use super::Chats;
use crate::Cursor;

/// Why no cursor was moved.
#[derive(Debug, thiserror::Error)]
pub enum MarkReadError {
    /// There is no such conversation, or the reader is not a member: not told apart.
    #[error("find the conversation")]
    ConversationNotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// Marks everything up to a message as read. A cursor never goes back, and never past the last
    /// message; saying it again changes nothing.
    ///
    /// # Errors
    /// [`MarkReadError`]
    pub async fn mark_read(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
    ) -> Result<Cursor, MarkReadError> {
        self.conversations
            .mark_read(conversation, reader, seq)
            .await?
            .ok_or(MarkReadError::ConversationNotFound)
    }
}
