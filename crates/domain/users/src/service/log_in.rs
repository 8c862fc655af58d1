use kabar_kernel::{PortError, UserId};

use super::{LoggedIn, Sessions};
use crate::{
    Password, User, Username,
    ports::{HashedPassword, Verdict},
};

/// An attempt to log in, as it was typed.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The username; one that cannot exist is refused like an unknown one.
    pub username: String,
    /// The password; `None` when it is too long to be anybody's.
    pub password: Option<Password>,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Unknown username, wrong password or deactivated account: not told apart, in time neither.
    #[error("log in with this username and password")]
    Refused,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Sessions {
    /// Logs in by username and password.
    ///
    /// # Errors
    /// [`LogInError`]
    pub async fn log_in(&self, attempt: LogIn) -> Result<LoggedIn, LogInError> {
        let password = attempt.password.ok_or(LogInError::Refused)?;
        let user = match Username::parse(&attempt.username) {
            Ok(username) => self.users.by_username(&username).await?,
            Err(_) => None,
        };
        let hash = match &user {
            Some(user) => self.credentials.password_hash(user.id).await?,
            None => None,
        };
        let verdict = self.hasher.verify(&password, hash.clone()).await?;
        let user = user.filter(User::is_active).ok_or(LogInError::Refused)?;
        match (verdict, hash) {
            (Verdict::Mismatch, _) | (_, None) => return Err(LogInError::Refused),
            (Verdict::Match, Some(_)) => {}
            (Verdict::MatchOutdated, Some(old)) => self.rehash(user.id, &password, &old).await?,
        }
        let tokens = self.open(user.id).await?;
        Ok(LoggedIn { user, tokens })
    }

    /// Strengthens a hash that was made with older parameters. Losing a race is fine: whoever won
    /// wrote a newer hash.
    async fn rehash(
        &self,
        user: UserId,
        password: &Password,
        old: &HashedPassword,
    ) -> Result<(), PortError> {
        let new = self.hasher.hash(password).await?;
        self.credentials.replace(user, old, &new).await?;
        Ok(())
    }
}
