use kabar_kernel::{SessionId, Timestamp, UserId};

/// One login of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id; the `sid` of its access tokens.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub idle_until: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// When it was ended before its time; `None` while it was not.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Whether it gives any right at this moment.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_until && now < self.expires_at
    }
}
