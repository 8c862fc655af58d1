//! Ports without storage that work like the real ones and cost nothing.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU32, Ordering},
};

use async_trait::async_trait;
use kabar_kernel::{Clock, PortError, PortResult, SecretSource, Timestamp};
use kabar_users::{
    AccessClaims, AccessToken, Password, RefreshSecret, SecretDigest,
    ports::{AccessTokens, HashedPassword, PasswordHasher, RefreshSecrets, TokenRejected, Verdict},
};

use crate::fixed::FixedClock;

/// "Hashes" by writing down the password, a salt and the parameters in force.
#[derive(Default)]
pub(crate) struct FakeHasher {
    parameters: AtomicU32,
    salt: AtomicU32,
}

impl FakeHasher {
    /// From now on hashes are made with other parameters, and the earlier ones are outdated.
    pub(crate) fn strengthen(&self) {
        self.parameters.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn parameters(&self) -> u32 {
        self.parameters.load(Ordering::SeqCst)
    }
}

/// The parameters of a hash of [`FakeHasher`]'s.
pub(crate) fn parameters_of(hash: &HashedPassword) -> u32 {
    hash.as_str().split('$').next().unwrap().parse().unwrap()
}

#[async_trait]
impl PasswordHasher for FakeHasher {
    async fn hash(&self, password: &Password) -> PortResult<HashedPassword> {
        let salt = self.salt.fetch_add(1, Ordering::SeqCst);
        let password = password.as_bytes();
        Ok(HashedPassword::new(format!("{}${salt}${password:?}", self.parameters())))
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<HashedPassword>,
    ) -> PortResult<Verdict> {
        let Some(hash) = hash else { return Ok(Verdict::Mismatch) };
        let hashed = hash.as_str().rsplit('$').next().unwrap();
        Ok(if hashed != format!("{:?}", password.as_bytes()) {
            Verdict::Mismatch
        } else if parameters_of(&hash) == self.parameters() {
            Verdict::Match
        } else {
            Verdict::MatchOutdated
        })
    }
}

/// "Signs" by writing down the claims.
pub(crate) struct FakeTokens {
    pub(crate) clock: Arc<FixedClock>,
}

fn read(token: &str) -> Option<AccessClaims> {
    let mut parts = token.strip_prefix("access/")?.split('/');
    let claims = AccessClaims {
        user: parts.next()?.parse().ok()?,
        session: parts.next()?.parse().ok()?,
        issued_at: Timestamp::from_millis(parts.next()?.parse().ok()?),
        expires_at: Timestamp::from_millis(parts.next()?.parse().ok()?),
    };
    parts.next().is_none().then_some(claims)
}

impl AccessTokens for FakeTokens {
    fn issue(&self, claims: &AccessClaims) -> PortResult<AccessToken> {
        let AccessClaims { user, session, issued_at, expires_at } = claims;
        let (issued, expires) = (issued_at.as_millis(), expires_at.as_millis());
        Ok(AccessToken::new(format!("access/{user}/{session}/{issued}/{expires}")))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejected> {
        let claims = read(token).ok_or(TokenRejected::Invalid)?;
        if self.clock.now() < claims.expires_at { Ok(claims) } else { Err(TokenRejected::Expired) }
    }
}

/// The successor of a secret counts up its last four bytes; a digest has every bit turned.
pub(crate) struct FakeRefreshSecrets;

impl RefreshSecrets for FakeRefreshSecrets {
    fn successor(&self, secret: &RefreshSecret) -> RefreshSecret {
        let mut bytes = *secret.as_bytes();
        let (_, count) = bytes.split_last_chunk_mut::<4>().unwrap();
        *count = u32::from_be_bytes(*count).wrapping_add(1).to_be_bytes();
        RefreshSecret::new(bytes)
    }

    fn digest(&self, secret: &RefreshSecret) -> SecretDigest {
        SecretDigest::new(secret.as_bytes().map(|byte| !byte))
    }
}

/// Secrets by counting in the first byte.
#[derive(Default)]
pub(crate) struct CountedSecrets(AtomicU8);

impl SecretSource for CountedSecrets {
    fn secret(&self) -> PortResult<[u8; 32]> {
        let mut secret = [0; 32];
        secret[0] = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(secret)
    }
}

/// An operating system without randomness.
pub(crate) struct NoSecrets;

impl SecretSource for NoSecrets {
    fn secret(&self) -> PortResult<[u8; 32]> {
        Err(PortError::new("draw a secret", "there is none"))
    }
}
