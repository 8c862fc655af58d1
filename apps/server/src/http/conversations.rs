//! Conversations, their logs, and how far their members have received and read.

pub(super) mod change_settings;
pub(super) mod entries;
pub(super) mod list;
pub(super) mod mark_delivered;
pub(super) mod mark_read;
pub(super) mod mark_unread;
pub(super) mod open_direct;
pub(super) mod receipts;
pub(super) mod settings;
pub(super) mod show;
