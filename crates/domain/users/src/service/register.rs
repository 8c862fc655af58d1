use kabar_kernel::{PortError, UserId};

use super::{Accounts, LoggedIn};
use crate::{DisplayName, Password, User, Username, ports::CreateUser};

/// A new account.
#[derive(Debug, Clone)]
pub struct Register {
    /// The name it is found by.
    pub username: Username,
    /// The name others see; the username when `None`.
    pub display_name: Option<DisplayName>,
    /// Its password.
    pub password: Password,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Somebody has that username.
    #[error("use a username that is taken")]
    UsernameTaken,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Accounts {
    /// Makes an account and logs it in.
    ///
    /// When it fails between the two, the account exists and can log in: registering again says
    /// that the username is taken.
    ///
    /// # Errors
    /// [`RegisterError`]
    pub async fn register(&self, command: Register) -> Result<LoggedIn, RegisterError> {
        let user = User {
            id: UserId::new(self.ids.next_id()),
            display_name: command
                .display_name
                .unwrap_or_else(|| DisplayName::from(&command.username)),
            username: command.username,
            created_at: self.clock.now(),
            deactivated_at: None,
        };
        let hash = self.hasher.hash(&command.password).await?;
        match self.users.create(&user, &hash).await? {
            CreateUser::UsernameTaken => Err(RegisterError::UsernameTaken),
            CreateUser::Created => {
                tracing::info!(user = %user.id, "account registered");
                let tokens = self.sessions.open(user.id).await?;
                Ok(LoggedIn { user, tokens })
            }
        }
    }
}
