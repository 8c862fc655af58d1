use std::time::Duration;

use async_trait::async_trait;
use kabar_kernel::{PortResult, SessionId, Timestamp};

use crate::{SecretDigest, Session};

/// What a rotation of a refresh token is asked to do.
#[derive(Debug, Clone)]
pub struct RotateRequest {
    /// The session the token names.
    pub session: SessionId,
    /// The digest of the secret that was presented.
    pub presented: SecretDigest,
    /// The digest of the secret that shall follow it.
    pub successor: SecretDigest,
    /// The present moment.
    pub now: Timestamp,
    /// How long after a rotation its predecessor is still answered with the same successor.
    pub grace: Duration,
    /// How long the session may now lie idle.
    pub idle: Duration,
}

/// What came of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The presented secret was the current one; the successor is current now.
    Rotated(Session),
    /// The presented secret was the current one's immediate predecessor, within the grace; nothing
    /// changed, and the successor of the presented secret is the current one.
    Repeated(Session),
    /// The current one's immediate predecessor, after the grace: somebody has a copy. The session
    /// was ended by this call.
    Reused(Session),
    /// The session is live and the presented secret is neither its current one nor the immediate
    /// predecessor; nothing changed. Older secrets are not stored: whether this is one of them or a
    /// guess, whoever can derive successors finds out.
    Unknown {
        /// The session.
        session: Session,
        /// The digest of its current secret.
        current: SecretDigest,
    },
    /// No such session, or it is over; nothing changed.
    Refused,
}

/// Keeps sessions: the truth about who is logged in.
///
/// # Laws
/// - `create` then `by_id` answers the session.
/// - Of any number of concurrent `rotate` with the current secret exactly one is `Rotated`, the
///   others are `Repeated` while they are within the grace.
/// - `rotate` with the predecessor after the grace is `Reused`, and the session is over
///   afterwards; while the current secret is exchanged, it is that or `Unknown`, never missed.
/// - `rotate` of a live session with a secret that it never had, or that is older than the
///   predecessor, is `Unknown` with the digest of the current secret, and changes nothing: whoever
///   guesses must not be able to end a session.
/// - `rotate` of a session that does not exist, was ended or has expired is `Refused`, whatever the
///   secret, and changes nothing.
/// - `end` answers whether this call ended the session; the session is never live again.
/// - An ended session reaches the [`SessionFeed`](super::SessionFeed) after its commit.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a new session with the digest of its first refresh secret.
    async fn create(&self, session: &Session, secret: &SecretDigest) -> PortResult<()>;

    /// The session, whether live, expired or ended.
    async fn by_id(&self, session: SessionId) -> PortResult<Option<Session>>;

    /// Exchanges the refresh secret in one atomic step.
    async fn rotate(&self, request: RotateRequest) -> PortResult<Rotation>;

    /// Ends the session now; answers whether it was live until then.
    async fn end(&self, session: SessionId, now: Timestamp) -> PortResult<bool>;
}
