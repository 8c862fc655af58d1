//! The groups domain: the governance of group conversations.
//!
//! A group is a conversation with a name, a description and a roster of [`Member`]s with roles; its
//! id is the conversation's id. Every change of it is an entry in the conversation's log, written in
//! the transaction that makes the change ([`ports::GroupTx`]), and counts up the roster's version
//! when it changes who is a member or what they may do. A group with members always has an owner.
//!
//! Who may do what is decided by the pure functions of [`policy`], inside the transaction that
//! writes. The use cases are the methods of [`Groups`]. Everything outside is a trait in [`ports`].
//! With the feature `mock` each of them has a `mockall` mock, `ports::Mock…`.

mod model;
pub mod policy;
pub mod ports;
mod service;

pub use model::*;
pub use service::*;
