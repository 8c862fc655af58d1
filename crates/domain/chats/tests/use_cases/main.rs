//! The use cases of the chats domain, on stores in memory and on mocked ports.

#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one")]

#[path = "../../../users/tests/support/fixed.rs"]
mod fixed;

mod cursors;
mod delete;
mod edit;
mod forward;
mod history;
mod mentions;
mod mocked;
mod open_direct;
mod overview;
mod pin;
mod presence;
mod react;
mod receipts;
mod reply;
mod scene;
mod send;
