use async_trait::async_trait;
use kabar_kernel::{PortResult, Timestamp, UserId};

/// Somebody who may be seen, and when they were last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Who.
    pub user: UserId,
    /// When their last device went; `None` when none ever did.
    pub at: Option<Timestamp>,
}

/// Keeps when people were last there, and who may know.
///
/// # Laws
/// - `visible` answers those of the asked users who share a conversation with the watcher now, show
///   their presence (see the privacy of the users domain) and are active, each once; the watcher sees
///   themselves.
/// - `entitled` answers those of the watchers to whom `user` is `visible`.
/// - `note` moves a moment forward only.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PresenceStore: Send + Sync {
    /// Who of these the watcher may see; at most 100 are asked for.
    async fn visible(&self, watcher: UserId, users: &[UserId]) -> PortResult<Vec<Seen>>;

    /// Who of the watchers may see the user; at most 1 000 are asked for.
    async fn entitled(&self, user: UserId, watchers: &[UserId]) -> PortResult<Vec<UserId>>;

    /// Notes when people were last seen; at most 1 000 at once.
    async fn note(&self, seen: &[(UserId, Timestamp)]) -> PortResult<()>;
}
