use kabar_kernel::UserId;

use crate::Privacy;

/// Hears what users show of themselves, so that it holds at once. Must not block.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait PrivacyFeed: Send + Sync {
    /// The user shows this from now on.
    fn changed(&self, user: UserId, privacy: Privacy);
}
