use std::fmt;

use kabar_kernel::{SessionId, Timestamp, UserId};

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is (`sub`).
    pub user: UserId,
    /// The session it was issued in (`sid`).
    pub session: SessionId,
    /// When it was issued (`iat`), in whole seconds.
    pub issued_at: Timestamp,
    /// When it ends (`exp`), in whole seconds.
    pub expires_at: Timestamp,
}

/// A signed access token. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Wraps a compact JWT.
    pub fn new(jwt: String) -> Self {
        Self(jwt)
    }

    /// The compact JWT, for the client it was issued to.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}
