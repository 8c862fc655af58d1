use kabar_kernel::{ConversationId, MessageId, PortError, UserId};

use super::Chats;
use crate::{Message, ports::MessageTx};

/// A message that somebody shall do something to.
#[derive(Debug, Clone, Copy)]
pub struct OnMessage {
    /// In which conversation.
    pub conversation: ConversationId,
    /// By whom.
    pub actor: UserId,
    /// Which message.
    pub message: MessageId,
}

/// Why a message was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeMessageError {
    /// There is no such message in the conversation, or the actor is not a member: not told apart.
    #[error("find the message")]
    MessageNotFound,
    /// It is somebody else's, or the actor's role does not allow it.
    #[error("change the message with this role")]
    Forbidden,
    /// It is deleted.
    #[error("change a deleted message")]
    Deleted,
    /// It was posted longer ago than a message may be edited.
    #[error("edit the message so late")]
    TooLate,
    /// Its words are somebody else's.
    #[error("edit a forwarded message")]
    Forwarded,
    /// It has as many different emojis as a message may have.
    #[error("add one more emoji")]
    TooManyReactions,
    /// The conversation has as many pinned messages as it may have.
    #[error("pin one more message")]
    TooManyPins,
    /// A port failed; the change may be made or not, and making it again is safe.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// Opens the conversation for a change of one of its messages.
    pub(super) async fn begin_on(
        &self,
        on: OnMessage,
    ) -> Result<(Box<dyn MessageTx>, Message), ChangeMessageError> {
        let tx = self.ports.log.begin(on.conversation, on.actor).await?;
        let mut tx = tx.ok_or(ChangeMessageError::MessageNotFound)?;
        let message = tx.message(on.message).await?;
        Ok((tx, message.ok_or(ChangeMessageError::MessageNotFound)?))
    }

    /// The message as it is after the change.
    pub(super) async fn changed(&self, on: OnMessage) -> Result<Message, ChangeMessageError> {
        let message = self.ports.log.message(on.conversation, on.actor, on.message).await?;
        message.ok_or(ChangeMessageError::MessageNotFound)
    }
}
