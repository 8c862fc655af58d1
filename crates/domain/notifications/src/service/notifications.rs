use std::sync::Arc;

use kabar_kernel::Clock;

use crate::ports::{InboxStore, NotificationFeed, PreferenceStore};

/// What concerns a user, and how much of it they want to be told.
pub struct Notifications {
    pub(super) inbox: Arc<dyn InboxStore>,
    pub(super) preferences: Arc<dyn PreferenceStore>,
    pub(super) feed: Arc<dyn NotificationFeed>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Notifications {
    /// Most notifications one command may mark.
    pub const MAX_MARKED: usize = 100;

    /// How often one change of settings is fed at most, while others change them too.
    pub(super) const MAX_TELLINGS: usize = 4;

    /// The service over its ports.
    pub fn new(
        inbox: Arc<dyn InboxStore>,
        preferences: Arc<dyn PreferenceStore>,
        feed: Arc<dyn NotificationFeed>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { inbox, preferences, feed, clock }
    }
}
