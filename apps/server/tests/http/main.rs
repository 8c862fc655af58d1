//! The HTTP API of a real server on a real port: each story once, each refusal once, on SQLite and
//! on PostgreSQL.

#[macro_use]
mod server;

mod auth;
mod conversations;
mod documentation;
mod groups;
mod input;
mod messages;
mod problems;
mod users;
