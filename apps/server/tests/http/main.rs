//! The HTTP API of a real server on a real port: each story once, each refusal once, on SQLite and
//! on PostgreSQL.

#![expect(clippy::indexing_slicing, reason = "a JSON member that is missing is null")]

#[macro_use]
mod server;

mod auth;
mod conversations;
mod deleted;
mod documentation;
mod edits;
mod forwards;
mod groups;
mod input;
mod messages;
mod notifications;
mod pins;
mod privacy;
mod problems;
mod reactions;
mod receipts;
mod two;
mod users;
