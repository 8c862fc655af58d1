use kabar_kernel::{ConversationId, MessageId, Page, PageSize, PortError, Pos, UserId};

use super::Chats;
use crate::{Entry, Message, Window, ports::MessagePage};

/// A part of a conversation's messages.
#[derive(Debug, Clone, Copy)]
pub struct ReadMessages {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// For whom.
    pub reader: UserId,
    /// Which part.
    pub window: Window,
    /// How many at most.
    pub size: PageSize,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadLogError {
    /// There is no such conversation, or the reader is not a member: not told apart.
    #[error("find the conversation")]
    ConversationNotFound,
    /// The conversation has no such message.
    #[error("find the message")]
    MessageNotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// Reads messages, in ascending order of `seq`.
    ///
    /// # Errors
    /// [`ReadLogError`]
    pub async fn messages(&self, query: ReadMessages) -> Result<MessagePage, ReadLogError> {
        self.ports
            .log
            .messages(query.conversation, query.reader, query.window, query.size)
            .await?
            .ok_or(ReadLogError::ConversationNotFound)
    }

    /// Reads one message.
    ///
    /// # Errors
    /// [`ReadLogError`]; a reader who is not a member learns no more than that there is no such
    /// message.
    pub async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> Result<Message, ReadLogError> {
        self.ports
            .log
            .message(conversation, reader, message)
            .await?
            .ok_or(ReadLogError::MessageNotFound)
    }

    /// Reads the log after a position, in ascending order of `pos`.
    ///
    /// # Errors
    /// [`ReadLogError`]
    pub async fn entries(
        &self,
        conversation: ConversationId,
        reader: UserId,
        after: Pos,
        size: PageSize,
    ) -> Result<Page<Entry>, ReadLogError> {
        self.ports
            .log
            .entries_after(conversation, reader, after, size)
            .await?
            .ok_or(ReadLogError::ConversationNotFound)
    }
}
