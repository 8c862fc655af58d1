//! The server's keys.

mod file;

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use kabar_kernel::{IdSource, PortError, SecretSource};
use serde_json::{Value, json};

use self::file::Folder;

/// What the file names of signing keys end with.
const SIGNING: &str = "pk8";
/// The file that holds the key for refresh secrets.
const REFRESH: &str = "refresh.key";

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The file system refused.
    #[error("failed to {action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Others than the server's own account may read or write a key.
    #[error(
        "the key {path} may be read by others (its mode is {mode:03o}): \
         if nobody has read it, run chmod 600 {path}; else delete it, which ends all sessions"
    )]
    Exposed {
        /// Which key.
        path: PathBuf,
        /// The permission bits of its file.
        mode: u32,
    },
    /// The file holds no key of the kind its name says.
    #[error("{path} is not {expected}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// A new key could not be made.
    #[error("failed to make a key: {0}")]
    Make(#[from] PortError),
}

/// A key for access tokens.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    public: Vec<u8>,
}

/// The keys in a folder: `<kid>.pk8` for each Ed25519 key that signs or once signed access tokens
/// (PKCS#8, RFC 8410), and `refresh.key`, 32 bytes, from which refresh secrets are derived.
///
/// The kid of a new key is a UUIDv7, so the key whose name sorts last is the newest: it signs, and
/// all verify. A key is retired by deleting its file once its last token has expired.
pub struct KeyRing {
    /// In ascending order of age; the last one signs.
    verifying: Vec<SigningKey>,
    signing: SigningKey,
    refresh: [u8; 32],
}

impl KeyRing {
    /// Loads the keys from a folder. The folder (mode 0700) and the keys that are missing (mode
    /// 0600) are made first, each complete on disk before it has its name; of several processes
    /// that start at once, one makes them.
    ///
    /// # Errors
    /// The folder or a file cannot be read or written, is open to others, or holds no key.
    pub fn open(
        folder: &Path,
        ids: &dyn IdSource,
        secrets: &dyn SecretSource,
    ) -> Result<Self, KeyRingError> {
        let folder = Folder::lock(folder)?;
        let mut keys = folder
            .names_ending_with(SIGNING)?
            .into_iter()
            .map(|kid| {
                let name = format!("{kid}.{SIGNING}");
                SigningKey::parse(kid, &folder.read(&name)?).ok_or_else(|| {
                    KeyRingError::Malformed {
                        path: folder.path(&name),
                        expected: "an Ed25519 key in PKCS#8, named by letters, digits, - and _",
                    }
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let signing = match keys.pop() {
            Some(newest) => newest,
            None => {
                let (key, pkcs8) = SigningKey::generate(ids.next_id().to_string(), secrets)?;
                folder.write(&format!("{}.{SIGNING}", key.kid), &pkcs8)?;
                key
            }
        };
        if !folder.has(REFRESH) {
            folder.write(REFRESH, &secrets.secret()?)?;
        }
        let refresh = folder.read(REFRESH)?.try_into().map_err(|_| KeyRingError::Malformed {
            path: folder.path(REFRESH),
            expected: "a key of 32 bytes",
        })?;
        Ok(Self { verifying: keys, signing, refresh })
    }

    /// The public keys, as a JWK set (RFC 7517, RFC 8037) for whoever verifies our access tokens.
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .all()
            .map(|key| {
                json!({
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": "sig",
                    "alg": "EdDSA",
                    "kid": key.kid,
                    "x": URL_SAFE_NO_PAD.encode(&key.public),
                })
            })
            .collect();
        json!({ "keys": keys })
    }

    /// The key that signs.
    pub(crate) const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key of this name. There are a handful at most, so they are looked through.
    pub(crate) fn verifying(&self, kid: &str) -> Option<&SigningKey> {
        self.all().find(|key| key.kid == kid)
    }

    pub(crate) const fn refresh_key(&self) -> &[u8; 32] {
        &self.refresh
    }

    /// The keys, newest first.
    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.signing).chain(self.verifying.iter().rev())
    }
}

impl SigningKey {
    fn generate(kid: String, secrets: &dyn SecretSource) -> Result<(Self, Vec<u8>), KeyRingError> {
        const MAKE: &str = "make a signing key";
        let pair = Ed25519KeyPair::from_seed_unchecked(&secrets.secret()?)
            .map_err(|error| PortError::new(MAKE, error.to_string()))?;
        let pkcs8 = pair.to_pkcs8().map_err(|error| PortError::new(MAKE, error.to_string()))?;
        let pkcs8 = pkcs8.as_ref().to_vec();
        let key = Self::parse(kid, &pkcs8)
            .ok_or_else(|| PortError::new(MAKE, "the key that was made cannot be read"))?;
        Ok((key, pkcs8))
    }

    fn parse(kid: String, pkcs8: &[u8]) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&kid.len()) || !kid.bytes().all(plain) {
            return None;
        }
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = pair.public_key().as_ref().to_vec();
        Some(Self {
            kid,
            encoding: EncodingKey::from_ed_der(pkcs8),
            decoding: DecodingKey::from_ed_der(&public),
            public,
        })
    }
}
