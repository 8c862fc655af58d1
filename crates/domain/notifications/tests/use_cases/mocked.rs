//! The service on mocked ports. A mock without expectations fails the test when it is called, so
//! every port that a test does not mention is proved to be left alone.

use std::sync::Arc;

use kabar_kernel::{ConversationId, IdSource, PortError, PortResult, UserId};
use kabar_notifications::{
    Notifications,
    ports::{MockInboxStore, MockNotificationFeed, MockPreferenceStore},
};

use crate::fixed::{CountedIds, FixedClock};

pub(crate) struct Mocked {
    pub(crate) inbox: MockInboxStore,
    pub(crate) preferences: MockPreferenceStore,
    pub(crate) feed: MockNotificationFeed,
}

impl Mocked {
    pub(crate) fn new() -> Self {
        Self {
            inbox: MockInboxStore::new(),
            preferences: MockPreferenceStore::new(),
            feed: MockNotificationFeed::new(),
        }
    }

    pub(crate) fn notifications(self) -> Notifications {
        Notifications::new(
            Arc::new(self.inbox),
            Arc::new(self.preferences),
            Arc::new(self.feed),
            Arc::new(FixedClock::new()),
        )
    }
}

/// A conversation and a user that no store knows.
pub(crate) fn some_ids() -> (ConversationId, UserId) {
    let ids = CountedIds::new();
    (ConversationId::new(ids.next_id()), UserId::new(ids.next_id()))
}

/// What a port answers whose queue is full.
pub(crate) fn overloaded<T>() -> PortResult<T> {
    Err(PortError::transient("wait", "the queue is full"))
}
