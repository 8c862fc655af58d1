//! What concerns one, and when one is told of it.

pub(super) mod change_settings;
pub(super) mod list;
pub(super) mod mark_read;
pub(super) mod settings;
