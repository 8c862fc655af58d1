use std::fmt;

use async_trait::async_trait;
use kabar_kernel::PortResult;

use crate::Password;

/// A password hash with its algorithm, parameters and salt (PHC string format).
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// Wraps a PHC string.
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for storage.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedPassword(…)")
    }
}

/// What comparing a password with a hash showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Match,
    /// It is the password, and the hash was made with weaker parameters than are in force now.
    MatchOutdated,
    /// It is not the password.
    Mismatch,
}

/// Hashes passwords, slowly on purpose, as many at once as there are processors and with a bounded
/// queue behind; a full queue is a transient failure.
///
/// # Laws
/// - The hash of a password verifies with that password and with no other.
/// - Two hashes of one password differ.
/// - `verify` against nothing costs what it costs against a hash, and is a mismatch.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a fresh salt and the parameters in force.
    async fn hash(&self, password: &Password) -> PortResult<HashedPassword>;

    /// Compares a password with a hash; with `None`, which stands for an unknown account, does the
    /// same work and answers [`Verdict::Mismatch`], so that time does not tell who has an account.
    async fn verify(
        &self,
        password: &Password,
        hash: Option<HashedPassword>,
    ) -> PortResult<Verdict>;
}
