use kabar_kernel::{ConversationId, UserId};

use super::{ChangeMessageError, Chats, OnMessage, ReadLogError};
use crate::{Pin, policy};

impl Chats {
    /// Pins a message for everybody; one that is pinned stays so.
    ///
    /// # Errors
    /// [`ChangeMessageError`]
    pub async fn pin(&self, on: OnMessage) -> Result<(), ChangeMessageError> {
        self.set_pinned(on, true).await
    }

    /// Unpins a message; one that is not pinned stays so.
    ///
    /// # Errors
    /// [`ChangeMessageError`]
    pub async fn unpin(&self, on: OnMessage) -> Result<(), ChangeMessageError> {
        self.set_pinned(on, false).await
    }

    async fn set_pinned(&self, on: OnMessage, pinned: bool) -> Result<(), ChangeMessageError> {
        let (mut tx, message) = self.begin_on(on).await?;
        if !policy::may_pin(tx.standing()) {
            return Err(ChangeMessageError::Forbidden);
        }
        if pinned && message.is_deleted() {
            return Err(ChangeMessageError::Deleted);
        }
        let full = pinned && tx.pin_count().await? >= Pin::MAX;
        if tx.pin(message.seq, pinned, self.ports.clock.now()).await? {
            if full {
                return Err(ChangeMessageError::TooManyPins);
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// The pinned messages, the last pinned first; at most [`Pin::MAX`].
    ///
    /// # Errors
    /// [`ReadLogError`]
    pub async fn pins(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Result<Vec<Pin>, ReadLogError> {
        let pins = self.ports.log.pins(conversation, reader).await?;
        pins.ok_or(ReadLogError::ConversationNotFound)
    }
}
