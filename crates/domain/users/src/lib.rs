//! The users domain: accounts, passwords, sessions and tokens.
//!
//! An account ([`User`]) has a [`Username`] that is unique after folding and a [`DisplayName`].
//! It proves itself by a [`Password`], whose hash is kept apart from the account.
//! A login makes a [`Session`]: the row is the truth about who is logged in, and every check goes
//! against it. The session gives out short-lived access tokens ([`AccessClaims`] say what is in
//! one) and one [`RefreshToken`], of which only a digest is kept and which changes at every use.
//!
//! What an account shows of itself to others is its [`Privacy`].
//!
//! The use cases are the methods of [`Accounts`] (register, profile, look-up), [`Sessions`]
//! (log in, refresh, log out, check) and [`Privacies`]. Everything outside is a trait in [`ports`].
//! With the feature `mock` each of them has a `mockall` mock, `ports::Mock…`.

mod model;
pub mod ports;
mod service;

pub use model::*;
pub use service::*;
