//! One's own account, what one shows of oneself, and looking others up.

pub(super) mod change_me;
pub(super) mod change_privacy;
pub(super) mod me;
pub(super) mod presence;
pub(super) mod privacy;
pub(super) mod search;
pub(super) mod show;
