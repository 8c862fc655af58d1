use async_trait::async_trait;
use kabar_kernel::{PortResult, UserId};

use crate::{Privacy, PrivacyChange};

/// Keeps what users show of themselves.
///
/// # Laws
/// - A new account shows everything.
/// - `change_privacy` changes what it names and nothing else, in one step, and answers the whole as it
///   is afterwards; `None` for an unknown account, as `privacy` does.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PrivacyStore: Send + Sync {
    /// What the user shows.
    async fn privacy(&self, user: UserId) -> PortResult<Option<Privacy>>;

    /// Changes it.
    async fn change_privacy(
        &self,
        user: UserId,
        change: PrivacyChange,
    ) -> PortResult<Option<Privacy>>;
}
