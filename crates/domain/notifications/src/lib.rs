//! The notifications domain: what of all that happens concerns a user, and who is told of it when.
//!
//! A [`Notification`] is something that concerns one user: a direct message, a mention, a reply to
//! their message, that they were made a member of a group, or their new role. How much of it they want
//! to be told says a [`Level`] for each conversation, a mute until a moment, and [`QuietHours`] in their
//! own time zone; all of it together are their [`Rules`], by which whoever delivers decides without
//! asking anybody.
//!
//! The *inbox* keeps what concerned a user until they have seen it. It is written in the transaction
//! that causes it where it cannot be computed (mentions, replies, memberships), and computed from the
//! conversations where it can (direct messages): see `docs/adr/0009-the-log-is-the-outbox.md`.
//!
//! The use cases are the methods of [`Notifications`]. Everything outside is a trait in [`ports`].
//! With the feature `mock` each of them has a `mockall` mock, `ports::Mock…`.

mod model;
pub mod ports;
mod service;

pub use model::*;
pub use service::*;
