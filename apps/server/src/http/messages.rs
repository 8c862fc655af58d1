//! Messages of a conversation.

pub(super) mod list;
pub(super) mod send;
pub(super) mod show;
