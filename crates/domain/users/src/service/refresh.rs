use kabar_kernel::PortError;

use super::{Sessions, Tokens};
use crate::{
    RefreshSecret, RefreshToken, SecretDigest, Session,
    ports::{RotateRequest, Rotation},
};

/// How many exchanges back a secret is still known as one of the session's.
///
/// With the default limits a session lives 90 days and its client refreshes every 10 min: 12 960
/// exchanges, so every secret it ever had. A guess costs all the steps, an HMAC and a SHA-256 each:
/// 2.3 ms measured on a processor with instructions for SHA, several times that on one without.
/// How many guesses there are is bounded by the rate limit of refreshes.
const ANCESTRY: usize = 90 * 24 * 6;

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
    /// Safe to retry within the grace, as long as the successor was not used: a client that lost
    /// the answer gets the same one. Any other return of a used token ends the session.
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
                warn_of_reuse(&session);
                Err(RefreshError::Refused)
            }
            Rotation::Unknown { session, current } => {
                // An exchange that comes between changes nothing: what was an ancestor remains one.
                if self.is_ancestor(token.secret, &current)
                    && self.store.end(session.id, now).await?
                {
                    warn_of_reuse(&session);
                }
                Err(RefreshError::Refused)
            }
            Rotation::Refused => Err(RefreshError::Refused),
        }
    }

    /// Whether `current` follows from the secret within [`ANCESTRY`] exchanges. Nobody without the
    /// server's key can make up a secret for which it does.
    fn is_ancestor(&self, mut secret: RefreshSecret, current: &SecretDigest) -> bool {
        for _ in 0..ANCESTRY {
            secret = self.refresh_secrets.successor(&secret);
            if self.refresh_secrets.digest(&secret) == *current {
                return true;
            }
        }
        false
    }
}

fn warn_of_reuse(session: &Session) {
    tracing::warn!(
        session = %session.id,
        user = %session.user,
        "a used refresh token came back: session ended"
    );
}
