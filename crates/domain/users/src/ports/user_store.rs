use async_trait::async_trait;
use kabar_kernel::{Page, PageSize, PortResult, UserId};

use super::HashedPassword;
use crate::{ProfileChange, User, Username};

/// What came of creating an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateUser {
    /// The account exists now.
    Created,
    /// Somebody has that username; nothing was stored.
    UsernameTaken,
}

/// Keeps accounts.
///
/// # Laws
/// - Of any number of concurrent `create` with one username exactly one is `Created`.
/// - `by_ids` answers the accounts that exist, each once, in any order.
/// - `change_profile` answers the changed account; `None` for an unknown one.
/// - `search` answers accounts whose username starts with the prefix, by username, each page after
///   the cursor; wildcard characters of the database have no meaning in the prefix.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Stores a new account and its password hash, both or neither.
    async fn create(&self, user: &User, password: &HashedPassword) -> PortResult<CreateUser>;

    /// The account with this id.
    async fn by_id(&self, user: UserId) -> PortResult<Option<User>>;

    /// The accounts with these ids, at most 1 000 asked for.
    async fn by_ids(&self, users: &[UserId]) -> PortResult<Vec<User>>;

    /// The account with this username.
    async fn by_username(&self, username: &Username) -> PortResult<Option<User>>;

    /// Changes what the change names.
    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
    ) -> PortResult<Option<User>>;

    /// Accounts whose username starts with `prefix` and comes after the username `after`.
    async fn search(
        &self,
        prefix: &str,
        after: Option<Username>,
        size: PageSize,
    ) -> PortResult<Page<User>>;
}
