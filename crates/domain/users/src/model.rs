//! The values of the users domain. A value that exists is valid.

mod password;
mod privacy;
mod refresh_token;
mod session;
mod token;
mod user;
mod username;

pub use password::{InvalidPassword, Password};
pub use privacy::{Privacy, PrivacyChange};
pub use refresh_token::{InvalidRefreshToken, RefreshSecret, RefreshToken, SecretDigest};
pub use session::Session;
pub use token::{AccessClaims, AccessToken};
pub use user::{DisplayName, InvalidDisplayName, ProfileChange, User};
pub use username::{InvalidUsername, Username};
