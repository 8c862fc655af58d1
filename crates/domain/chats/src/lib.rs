//! The chats domain: conversations, their gapless logs, messages and cursors.
//!
//! A conversation is an append-only log. Every durable change in it is one [`Entry`] with the next
//! `Pos` (1, 2, 3 … without holes); a message carries a `Seq` besides (messages only). What a client
//! has seen is a [`Cursor`]. An entry that was acknowledged is committed; an entry that is announced
//! to [`ports::LiveFeed`] is committed; everything a client missed it reads back from the log.
//!
//! A group is a conversation with governance: the `groups` domain owns its roster, and writes its
//! events into the same log. Here they are only read ([`Event`]).
//!
//! A message is edited, deleted, reacted to and pinned by further entries; every read shows it in its
//! present state, so what was deleted is found in none.
//!
//! The use cases are the methods of [`Chats`], and of [`Presences`]. Everything outside is a trait in [`ports`].
//! With the feature `mock` each of them has a `mockall` mock, `ports::Mock…`.

mod model;
pub mod policy;
pub mod ports;
mod service;

pub use model::*;
pub use service::*;
