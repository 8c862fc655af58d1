//! What the users domain asks of the outside.

mod access_tokens;
mod credential_store;
mod password_hasher;
mod privacy_feed;
mod privacy_store;
mod refresh_secrets;
mod session_feed;
mod session_store;
mod user_store;

pub use access_tokens::{AccessTokens, TokenRejected};
pub use credential_store::CredentialStore;
pub use password_hasher::{HashedPassword, PasswordHasher, Verdict};
pub use privacy_feed::PrivacyFeed;
pub use privacy_store::PrivacyStore;
pub use refresh_secrets::RefreshSecrets;
pub use session_feed::SessionFeed;
pub use session_store::{RotateRequest, Rotation, SessionStore};
pub use user_store::{CreateUser, UserStore};

#[cfg(feature = "mock")]
pub use self::{
    access_tokens::MockAccessTokens, credential_store::MockCredentialStore,
    password_hasher::MockPasswordHasher, privacy_feed::MockPrivacyFeed,
    privacy_store::MockPrivacyStore, refresh_secrets::MockRefreshSecrets,
    session_feed::MockSessionFeed, session_store::MockSessionStore, user_store::MockUserStore,
};
