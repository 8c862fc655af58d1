//! The use cases of the notifications domain, on stores in memory and on mocked ports.

#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one")]

#[path = "../../../users/tests/support/fixed.rs"]
mod fixed;

mod inbox;
mod mocked;
mod preferences;
mod quiet_hours;
mod scene;
