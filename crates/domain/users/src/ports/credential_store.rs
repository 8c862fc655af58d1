use async_trait::async_trait;
use kabar_kernel::{PortResult, UserId};

use super::HashedPassword;

/// Keeps password hashes, apart from the accounts so that no read of an account carries one.
///
/// # Laws
/// - `password_hash` answers what `create` of the user store or the last `replace` wrote.
/// - `replace` changes nothing unless `expected` is what is stored: of two racing ones one wins.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// The hash of this account's password; `None` for an unknown account or one without password.
    async fn password_hash(&self, user: UserId) -> PortResult<Option<HashedPassword>>;

    /// Replaces the hash if it is still `expected`; answers whether it was.
    async fn replace(
        &self,
        user: UserId,
        expected: &HashedPassword,
        new: &HashedPassword,
    ) -> PortResult<bool>;
}
