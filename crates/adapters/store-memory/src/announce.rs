use std::sync::Arc;

use kabar_chats::{Cursor, Entry, ports::LiveFeed};
use kabar_kernel::{ConversationId, SessionId, UserId};
use kabar_users::ports::SessionFeed;

/// Feeds that nobody listens to: for tests that do not care what is announced.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unheard;

impl Unheard {
    /// Ready to be given to [`MemoryStore::new`](crate::MemoryStore::new), as either feed.
    #[must_use]
    pub fn feed() -> Arc<Self> {
        Arc::new(Self)
    }
}

impl LiveFeed for Unheard {
    fn entries(&self, _: Vec<Entry>) {}

    fn opened(&self, _: ConversationId, _: Vec<UserId>) {}

    fn read(&self, _: Cursor) {}

    fn delivered(&self, _: Cursor) {}
}

impl SessionFeed for Unheard {
    fn ended(&self, _: UserId, _: SessionId) {}
}
