use kabar_kernel::PortError;

use super::{Sessions, Tokens};
use crate::{
    RefreshToken,
    ports::{RotateRequest, Rotation},
};

/// Why no new tokens were given.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a refresh token, one of no live session, or one that was used before (which ends the
    /// session): not told apart.
    #[error("use this refresh token")]
    Refused,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Sessions {
    /// Exchanges a refresh token for new tokens.
    ///
    /// Safe to retry within the grace: a client that lost the answer gets the same successor.
    ///
    /// # Errors
    /// [`RefreshError`]
    pub async fn refresh(&self, token: &str) -> Result<Tokens, RefreshError> {
        let token: RefreshToken = token.parse().map_err(|_| RefreshError::Refused)?;
        let now = self.clock.now();
        let successor = self.refresh_secrets.successor(&token.secret);
        let rotation = self
            .store
            .rotate(RotateRequest {
                session: token.session,
                presented: self.refresh_secrets.digest(&token.secret),
                successor: self.refresh_secrets.digest(&successor),
                now,
                grace: self.limits.grace,
                idle: self.limits.idle,
            })
            .await?;
        match rotation {
            Rotation::Rotated(session) | Rotation::Repeated(session) => {
                Ok(self.tokens(&session, successor, now)?)
            }
            Rotation::Reused(session) => {
                tracing::warn!(
                    session = %session.id,
                    user = %session.user,
                    "a used refresh token came back: session ended"
                );
                Err(RefreshError::Refused)
            }
            Rotation::Refused => Err(RefreshError::Refused),
        }
    }
}
