use kabar_kernel::{Page, PageSize, PortError, PortResult, UserId};
use unicode_normalization::UnicodeNormalization;

use super::Accounts;
use crate::{ProfileChange, User, Username};

/// Why a profile could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no such account, or it is deactivated.
    #[error("find the account")]
    NotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A look-up of accounts by the beginning of their username.
#[derive(Debug, Clone)]
pub struct SearchUsers {
    /// What the username starts with; folded before the comparison.
    pub prefix: String,
    /// The last username of the page before.
    pub after: Option<Username>,
    /// How many.
    pub size: PageSize,
}

impl Accounts {
    /// An account, one's own or another's.
    ///
    /// # Errors
    /// [`ProfileError`]
    pub async fn profile(&self, user: UserId) -> Result<User, ProfileError> {
        self.users.by_id(user).await?.filter(User::is_active).ok_or(ProfileError::NotFound)
    }

    /// Changes one's own account.
    ///
    /// # Errors
    /// [`ProfileError`]
    pub async fn change_profile(
        &self,
        user: UserId,
        change: ProfileChange,
    ) -> Result<User, ProfileError> {
        self.profile(user).await?;
        self.users.change_profile(user, &change).await?.ok_or(ProfileError::NotFound)
    }

    /// Active accounts whose username starts with a prefix, by username.
    ///
    /// # Errors
    /// A port failed.
    pub async fn search(&self, query: SearchUsers) -> PortResult<Page<User>> {
        // As usernames are folded, so that what finds an account exactly finds it by its beginning too.
        let prefix: String = query.prefix.nfkc().flat_map(char::to_lowercase).collect();
        let mut page = self.users.search(&prefix, query.after, query.size).await?;
        page.items.retain(User::is_active);
        Ok(page)
    }
}
