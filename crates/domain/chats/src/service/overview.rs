use kabar_kernel::{ConversationId, Page, PageSize, PortError, PortResult, UserId};

use super::Chats;
use crate::{ActivityCursor, Conversation, ConversationState};

/// Why a conversation was not shown.
#[derive(Debug, thiserror::Error)]
pub enum OverviewError {
    /// There is no such conversation, or the reader is not a member: not told apart.
    #[error("find the conversation")]
    NotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// One conversation as a member sees it.
    ///
    /// # Errors
    /// [`OverviewError`]
    pub async fn conversation(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Result<Conversation, OverviewError> {
        self.ports.conversations.by_id(conversation, reader).await?.ok_or(OverviewError::NotFound)
    }

    /// The reader's conversations, the latest active first.
    ///
    /// # Errors
    /// A port failed.
    pub async fn conversations(
        &self,
        reader: UserId,
        after: Option<ActivityCursor>,
        size: PageSize,
    ) -> PortResult<Page<Conversation>> {
        self.ports.conversations.list(reader, after, size).await
    }

    /// The numbers of all of the reader's conversations, for a client that comes back.
    ///
    /// # Errors
    /// A port failed.
    pub async fn states(&self, reader: UserId) -> PortResult<Vec<ConversationState>> {
        self.ports.conversations.states(reader).await
    }

    /// Names the log as a whole, see [`ConversationStore::epoch`](crate::ports::ConversationStore::epoch).
    ///
    /// # Errors
    /// A port failed.
    pub async fn epoch(&self) -> PortResult<String> {
        self.ports.conversations.epoch().await
    }
}
