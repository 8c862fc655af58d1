//! Conversations, their logs and one's own cursors.

pub(super) mod entries;
pub(super) mod list;
pub(super) mod mark_read;
pub(super) mod open_direct;
pub(super) mod show;
