//! Refresh secrets, by HMAC-SHA-256 and SHA-256.

use hmac::{Hmac, KeyInit as _, Mac as _};
use kabar_users::{RefreshSecret, SecretDigest, ports::RefreshSecrets};
use sha2::{Digest as _, Sha256};

use crate::KeyRing;

/// Keeps this use of the key apart from any other.
const PURPOSE: &[u8] = b"kabar refresh successor";
/// The block of SHA-256, to which HMAC pads a key with zeros (RFC 2104 §2).
const BLOCK_BYTES: usize = 64;

/// Derives the successor of a refresh secret as HMAC-SHA-256 of a purpose and the secret, under a
/// key of the server's; what is stored is the secret's SHA-256.
#[derive(Clone)]
pub struct HmacRefreshSecrets {
    keyed: Hmac<Sha256>,
}

impl HmacRefreshSecrets {
    /// Takes the ring's key for refresh secrets.
    pub fn new(ring: &KeyRing) -> Self {
        let mut block = [0; BLOCK_BYTES];
        for (padded, byte) in block.iter_mut().zip(ring.refresh_key()) {
            *padded = *byte;
        }
        Self { keyed: Hmac::new(&block.into()) }
    }
}

impl RefreshSecrets for HmacRefreshSecrets {
    fn successor(&self, secret: &RefreshSecret) -> RefreshSecret {
        let mut keyed = self.keyed.clone();
        keyed.update(PURPOSE);
        keyed.update(secret.as_bytes());
        RefreshSecret::new(keyed.finalize().into_bytes().into())
    }

    fn digest(&self, secret: &RefreshSecret) -> SecretDigest {
        SecretDigest::new(Sha256::digest(secret.as_bytes()).into())
    }
}
