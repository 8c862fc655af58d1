//! The WebSocket protocol of a real server: each story of `docs/WS.md` on SQLite and on PostgreSQL,
//! and what a hostile client may try.

#![expect(clippy::indexing_slicing, reason = "a JSON member that is missing is null")]
#![expect(clippy::as_conversions, reason = "a length is a position and fits into 64 bits")]

#[macro_use]
mod server;

mod answers;
mod bystanders;
mod changes;
mod counters;
mod drain;
mod errors;
mod hostile;
mod identity;
mod limits;
mod membership;
mod messages;
mod notifications;
mod presence;
mod raw;
mod receipts;
mod resume;
mod stage;
mod typing;
mod wishes;
