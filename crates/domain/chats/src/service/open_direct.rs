use kabar_kernel::{ConversationId, PortError, UserId};

use super::Chats;
use crate::ports::Opened;

/// Why no direct conversation was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenDirectError {
    /// There is no such account, or it is deactivated.
    #[error("open a conversation with an unknown user")]
    PeerNotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// Opens the direct conversation of two users, or of one with oneself. There is one for each
    /// pair, for ever: opening it again answers it.
    ///
    /// # Errors
    /// [`OpenDirectError`]
    pub async fn open_direct(&self, user: UserId, peer: UserId) -> Result<Opened, OpenDirectError> {
        if peer != user && !self.ports.people.active(peer).await? {
            return Err(OpenDirectError::PeerNotFound);
        }
        let new_id = ConversationId::new(self.ports.ids.next_id());
        Ok(self.ports.conversations.open_direct(new_id, user, peer, self.ports.clock.now()).await?)
    }
}
