use super::{ChangeMessageError, Chats, OnMessage};
use crate::{Emoji, Message, Reaction};

impl Chats {
    /// Reacts to a message; with the same emoji again changes nothing.
    ///
    /// # Errors
    /// [`ChangeMessageError`]
    pub async fn react(&self, on: OnMessage, emoji: Emoji) -> Result<Message, ChangeMessageError> {
        let (mut tx, message) = self.begin_on(on).await?;
        if message.is_deleted() {
            return Err(ChangeMessageError::Deleted);
        }
        let emojis = tx.emojis(message.seq).await?;
        let count = u32::try_from(emojis.len()).unwrap_or(u32::MAX);
        if count >= Reaction::MAX_DISTINCT && !emojis.contains(&emoji) {
            return Err(ChangeMessageError::TooManyReactions);
        }
        if tx.react(message.seq, emoji, self.ports.clock.now()).await? {
            tx.commit().await?;
        } else {
            drop(tx);
        }
        self.changed(on).await
    }

    /// Takes one's own reaction back; one that is not there changes nothing.
    ///
    /// # Errors
    /// [`ChangeMessageError`]
    pub async fn unreact(
        &self,
        on: OnMessage,
        emoji: Emoji,
    ) -> Result<Message, ChangeMessageError> {
        let (mut tx, message) = self.begin_on(on).await?;
        if tx.unreact(message.seq, emoji, self.ports.clock.now()).await? {
            tx.commit().await?;
        } else {
            drop(tx);
        }
        self.changed(on).await
    }
}
