//! Registering, logging in and out, tokens.

pub(super) mod jwks;
pub(super) mod log_in;
pub(super) mod log_out;
pub(super) mod refresh;
pub(super) mod register;
