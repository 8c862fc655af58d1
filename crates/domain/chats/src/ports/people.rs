use async_trait::async_trait;
use kabar_kernel::{PortResult, UserId};

/// Asks about accounts; answered by whoever keeps them.
///
/// # Laws
/// - `active` is true exactly for accounts that exist and are not deactivated.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait People: Send + Sync {
    /// Whether this account exists and may be talked to.
    async fn active(&self, user: UserId) -> PortResult<bool>;
}
