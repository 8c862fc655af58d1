use kabar_kernel::PortResult;

use crate::{AccessClaims, AccessToken};

/// Why a token was not accepted. Which of the many reasons it was goes to the log, not to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejected {
    /// It was one of ours and its time is over.
    #[error("the access token has expired")]
    Expired,
    /// Malformed, signed by somebody else, of another kind, audience or issuer.
    #[error("the access token is not valid")]
    Invalid,
}

/// Signs and verifies access tokens (JWT, `typ: at+jwt`, EdDSA; RFC 9068, RFC 8725).
///
/// # Laws
/// - A token that was issued verifies to the claims it was issued for until it expires.
/// - A token with any bit changed, with another algorithm, type, issuer, audience or key, or without
///   one of the required claims, is rejected.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs a token for these claims.
    ///
    /// # Errors
    /// The key cannot sign.
    fn issue(&self, claims: &AccessClaims) -> PortResult<AccessToken>;

    /// Reads a token as it came from a client. Synchronous: a signature check, no I/O.
    ///
    /// # Errors
    /// The token is not accepted.
    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejected>;
}
