//! Password hashing and tokens of Kabar: argon2id, JWT EdDSA, JWKS
