//! The use cases of the users domain, on stores in memory and on mocked ports.

#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one")]

#[path = "../support/fixed.rs"]
mod fixed;

mod check;
mod fakes;
mod log_in;
mod log_out;
mod mocked;
mod privacy;
mod profile;
mod refresh;
mod register;
mod scene;
