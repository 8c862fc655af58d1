//! A connection whose user is known.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use kabar_kernel::{SessionId, Timestamp, UserId};

use crate::Connection;

/// A connection with the identity it was authenticated as, which is fixed for its life.
pub struct Device {
    /// Its socket.
    pub connection: Arc<Connection>,
    /// Whose it is.
    pub user: UserId,
    /// The session it acts in.
    pub session: SessionId,
    expires_at: AtomicI64,
}

impl Device {
    /// A device whose token is good until `expires_at`.
    pub fn new(
        connection: Arc<Connection>,
        user: UserId,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Self {
        Self { connection, user, session, expires_at: AtomicI64::new(expires_at.as_millis()) }
    }

    /// Notes that the client presented a fresher token of the same session. Never shortens.
    pub fn renew(&self, expires_at: Timestamp) {
        self.expires_at.fetch_max(expires_at.as_millis(), Ordering::Relaxed);
    }

    /// Whether the last token presented is over.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now.as_millis() >= self.expires_at.load(Ordering::Relaxed)
    }
}
