use kabar_kernel::{PortError, SessionId};

use super::Sessions;

/// Why a session could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum LogOutError {
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Sessions {
    /// Ends one's own session: its access tokens, its refresh token and its sockets. Ending it again
    /// changes nothing.
    ///
    /// # Errors
    /// [`LogOutError`]
    pub async fn log_out(&self, session: SessionId) -> Result<(), LogOutError> {
        self.store.end(session, self.clock.now()).await?;
        Ok(())
    }
}
