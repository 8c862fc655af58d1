use kabar_kernel::{SessionId, UserId};

/// Hears of ended sessions, so that caches forget them and their sockets are closed.
///
/// Called by the store once the end is committed, from work that a dropped caller does not cancel.
/// Must not block. A lost call is not fatal: every check falls back to the session row within 2 s.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait SessionFeed: Send + Sync {
    /// The session of this user is over.
    fn ended(&self, user: UserId, session: SessionId);
}
