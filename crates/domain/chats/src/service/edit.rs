use super::{ChangeMessageError, Chats, OnMessage};
use crate::{
    Message, MessageBody,
    policy::{self, EditRefused},
};

impl Chats {
    /// Replaces the text of one's own message, and calls whom the new text calls. The text it has
    /// already changes nothing.
    ///
    /// # Errors
    /// [`ChangeMessageError`]
    pub async fn edit(
        &self,
        on: OnMessage,
        body: MessageBody,
    ) -> Result<Message, ChangeMessageError> {
        let standing = self.ports.roster.standing(on.conversation, on.actor).await?;
        let standing = standing.ok_or(ChangeMessageError::MessageNotFound)?;
        // Asked before the transaction begins: who ceases to be a member meanwhile is told nothing.
        let mut mentions = self.mentions(on.conversation, standing, &body).await?;
        let (mut tx, message) = self.begin_on(on).await?;
        let is_repeated =
            message.author == on.actor && !message.is_deleted() && message.body == body;
        // Asked first: who says again what is stored is answered so, also after the window.
        if is_repeated {
            drop(tx);
            return self.changed(on).await;
        }
        let now = self.ports.clock.now();
        policy::may_edit(on.actor, &message, now, self.limits.edit_window)?;
        mentions.all &= policy::may_call_all(tx.standing());
        tx.edit(message.seq, &body, &mentions, now).await?;
        tx.commit().await?;
        self.changed(on).await
    }
}

impl From<EditRefused> for ChangeMessageError {
    fn from(refused: EditRefused) -> Self {
        match refused {
            EditRefused::NotTheAuthor => Self::Forbidden,
            EditRefused::Deleted => Self::Deleted,
            EditRefused::Forwarded => Self::Forwarded,
            EditRefused::TooLate => Self::TooLate,
        }
    }
}
