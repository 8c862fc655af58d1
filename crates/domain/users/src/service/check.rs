use kabar_kernel::{PortError, SessionId, Timestamp, UserId};

use super::Sessions;
use crate::ports::TokenRejected;

/// Who acts, once an access token was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub user: UserId,
    /// The session it acts in.
    pub session: SessionId,
    /// Until when the token is good.
    pub expires_at: Timestamp,
}

/// Why nobody was recognised.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] TokenRejected),
    /// The token's session is over.
    #[error("use a session that is over")]
    SessionOver,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Sessions {
    /// Checks an access token and that its session is live.
    ///
    /// # Errors
    /// [`CheckError`]
    pub async fn check(&self, token: &str) -> Result<Identity, CheckError> {
        let claims = self.access_tokens.verify(token)?;
        let session = self.store.by_id(claims.session).await?;
        match session {
            Some(session) if session.user == claims.user && session.is_live(self.clock.now()) => {
                Ok(Identity {
                    user: claims.user,
                    session: claims.session,
                    expires_at: claims.expires_at,
                })
            }
            _ => Err(CheckError::SessionOver),
        }
    }

    /// Whether a session gives any right now; for what stays open longer than a request.
    ///
    /// # Errors
    /// A port failed.
    pub async fn is_live(&self, session: SessionId) -> Result<bool, PortError> {
        let now = self.clock.now();
        Ok(self.store.by_id(session).await?.is_some_and(|session| session.is_live(now)))
    }
}
