use super::{ChangeMessageError, Chats, OnMessage};
use crate::policy;

impl Chats {
    /// Deletes a message for everybody: nothing of it is left but its place. Deleting it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`ChangeMessageError`]
    pub async fn delete(&self, on: OnMessage) -> Result<(), ChangeMessageError> {
        let (mut tx, message) = self.begin_on(on).await?;
        if !policy::may_delete(tx.standing(), on.actor, &message) {
            return Err(ChangeMessageError::Forbidden);
        }
        if !message.is_deleted() {
            tx.delete(message.seq, self.ports.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
