use async_trait::async_trait;
use kabar_kernel::{PortResult, UserId};

/// Asks about accounts; answered by whoever keeps them.
///
/// # Laws
/// - `active` answers those of the asked accounts that exist and are not deactivated, each once.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Directory: Send + Sync {
    /// Which of these accounts may be made members; at most 1 000 asked for.
    async fn active(&self, users: &[UserId]) -> PortResult<Vec<UserId>>;
}
