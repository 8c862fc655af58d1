//! Password hashing and tokens of Kabar: argon2id, JWT with EdDSA, refresh secrets, and the keys
//! that these need.
//!
//! [`KeyRing`] keeps the keys in a folder that only the server may read. [`JwtAccessTokens`] and
//! [`HmacRefreshSecrets`] are made from it; [`ArgonPasswordHasher`] needs no key.

mod argon;
mod jwt;
mod key_ring;
mod refresh;

pub use argon::{ArgonPasswordHasher, ArgonSettings};
pub use jwt::{JwtAccessTokens, LEEWAY, MAX_TOKEN_BYTES, TOKEN_TYPE};
pub use key_ring::{KeyRing, KeyRingError};
pub use refresh::HmacRefreshSecrets;
