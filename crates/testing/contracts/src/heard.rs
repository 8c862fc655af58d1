//! What the feeds heard.

use std::sync::{Arc, Mutex, PoisonError};

use kabar_chats::{Cursor, Entry, ports::LiveFeed};
use kabar_kernel::{ConversationId, SessionId, UserId};
use kabar_users::ports::SessionFeed;
use tokio::sync::Notify;

use crate::DEADLINE;

/// Everything that was announced, in the order it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Committed entries.
    pub(crate) entries: Vec<Entry>,
    /// Opened direct conversations with their members.
    pub(crate) opened: Vec<(ConversationId, Vec<UserId>)>,
    /// Cursors of members who read, or marked as unread.
    pub(crate) read: Vec<Cursor>,
    /// Cursors of members whose devices received.
    pub(crate) delivered: Vec<Cursor>,
    /// Ended sessions.
    pub(crate) ended: Vec<(UserId, SessionId)>,
}

impl Heard {
    /// The entries of one conversation, in the order they came.
    pub(crate) fn of(&self, conversation: ConversationId) -> Vec<Entry> {
        self.entries.iter().filter(|entry| entry.conversation == conversation).cloned().collect()
    }
}

/// A live feed and a session feed that remembers what it hears.
#[derive(Debug, Default)]
pub struct RecordedFeed {
    heard: Mutex<Heard>,
    changed: Notify,
}

impl RecordedFeed {
    /// A feed that has heard nothing; give it to the store as both of its feeds.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What it has heard until now.
    pub(crate) fn so_far(&self) -> Heard {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until what was heard is enough, and answers it. Fails at the deadline.
    pub(crate) async fn until(&self, what: &str, enough: impl Fn(&Heard) -> bool) -> Heard {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                let heard = self.so_far();
                if enough(&heard) {
                    return heard;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(DEADLINE, waiting).await {
            Ok(heard) => heard,
            Err(_) => panic!("never heard {what}; heard {:#?}", self.so_far()),
        }
    }

    fn note(&self, write: impl FnOnce(&mut Heard)) {
        write(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_waiters();
    }
}

impl LiveFeed for RecordedFeed {
    fn entries(&self, entries: Vec<Entry>) {
        self.note(|heard| heard.entries.extend(entries));
    }

    fn opened(&self, conversation: ConversationId, members: Vec<UserId>) {
        self.note(|heard| heard.opened.push((conversation, members)));
    }

    fn read(&self, cursor: Cursor) {
        self.note(|heard| heard.read.push(cursor));
    }

    fn delivered(&self, cursor: Cursor) {
        self.note(|heard| heard.delivered.push(cursor));
    }
}

impl SessionFeed for RecordedFeed {
    fn ended(&self, user: UserId, session: SessionId) {
        self.note(|heard| heard.ended.push((user, session)));
    }
}
