//! Pinned messages of a conversation.

pub(super) mod list;
pub(super) mod pin;
pub(super) mod unpin;
