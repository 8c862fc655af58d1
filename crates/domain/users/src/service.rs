//! The use cases of the users domain, one file each.

mod accounts;
mod check;
mod log_in;
mod log_out;
mod privacy;
mod profile;
mod refresh;
mod register;
mod sessions;

pub use accounts::Accounts;
pub use check::{CheckError, Identity};
pub use log_in::{LogIn, LogInError};
pub use log_out::LogOutError;
pub use privacy::Privacies;
pub use profile::{ProfileError, SearchUsers};
pub use refresh::RefreshError;
pub use register::{Register, RegisterError};
pub use sessions::{LoggedIn, SessionLimits, SessionPorts, Sessions, Tokens};
