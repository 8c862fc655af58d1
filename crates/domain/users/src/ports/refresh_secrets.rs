use crate::{RefreshSecret, SecretDigest};

/// Derives and digests the secrets of refresh tokens with a key of the server's.
///
/// # Laws
/// - `digest` and `successor` answer the same for the same secret, and differ for different ones.
/// - Nobody without the server's key can derive a successor.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait RefreshSecrets: Send + Sync {
    /// The one secret that follows `secret` when it is rotated. Derived, so that a client whose
    /// answer got lost can be given the same successor again although only digests are stored.
    fn successor(&self, secret: &RefreshSecret) -> RefreshSecret;

    /// SHA-256 of the secret: what is stored.
    fn digest(&self, secret: &RefreshSecret) -> SecretDigest;
}
