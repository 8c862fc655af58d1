//! One's own account, and looking others up.

pub(super) mod change_me;
pub(super) mod me;
pub(super) mod search;
pub(super) mod show;
