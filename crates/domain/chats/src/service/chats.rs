use std::sync::Arc;

use kabar_kernel::{Clock, IdSource};

use crate::ports::{ConversationStore, LogStore, People, Roster};

/// Conversations: open, list, send, read.
pub struct Chats {
    pub(super) conversations: Arc<dyn ConversationStore>,
    pub(super) log: Arc<dyn LogStore>,
    pub(super) roster: Arc<dyn Roster>,
    pub(super) people: Arc<dyn People>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
}

impl Chats {
    /// The service over its ports.
    pub fn new(
        conversations: Arc<dyn ConversationStore>,
        log: Arc<dyn LogStore>,
        roster: Arc<dyn Roster>,
        people: Arc<dyn People>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { conversations, log, roster, people, clock, ids }
    }
}
