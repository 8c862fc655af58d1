//! The use cases of the chats domain, on stores in memory and on mocked ports.

#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one")]

#[path = "../../../users/tests/support/fixed.rs"]
mod fixed;

mod history;
mod mocked;
mod open_direct;
mod overview;
mod read;
mod scene;
mod send;
