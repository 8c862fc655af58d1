//! The service on mocked ports. A mock without expectations fails the test when it is called, so
//! every port that a test does not mention is proved to be left alone.

use std::sync::Arc;

use kabar_chats::{
    Chats, ConversationKind, Standing,
    ports::{MockConversationStore, MockLogStore, MockPeople, MockRoster},
};
use kabar_kernel::{
    ConversationId, IdSource, MessageId, PortError, PortResult, Role, RosterVersion, UserId,
};

use crate::fixed::{CountedIds, FixedClock};

pub(crate) struct Mocked {
    pub(crate) conversations: MockConversationStore,
    pub(crate) log: MockLogStore,
    pub(crate) roster: MockRoster,
    pub(crate) people: MockPeople,
}

/// The roster that [`Mocked::admit`] answers from.
pub(crate) const CHECKED: RosterVersion = RosterVersion::new(7);

impl Mocked {
    pub(crate) fn new() -> Self {
        Self {
            conversations: MockConversationStore::new(),
            log: MockLogStore::new(),
            roster: MockRoster::new(),
            people: MockPeople::new(),
        }
    }

    /// Whoever is asked for is a member, of the roster [`CHECKED`].
    pub(crate) fn admit(&mut self) {
        let standing =
            Standing { kind: ConversationKind::Group, role: Role::Member, roster: CHECKED };
        self.roster.expect_standing().times(1).returning(move |_, _| Ok(Some(standing)));
    }

    pub(crate) fn chats(self) -> Chats {
        Chats::new(
            Arc::new(self.conversations),
            Arc::new(self.log),
            Arc::new(self.roster),
            Arc::new(self.people),
            Arc::new(FixedClock::new()),
            Arc::new(CountedIds::new()),
        )
    }
}

/// A conversation, a user and a message that no store knows.
pub(crate) fn some_ids() -> (ConversationId, UserId, MessageId) {
    let ids = CountedIds::new();
    (ConversationId::new(ids.next_id()), UserId::new(ids.next_id()), MessageId::new(ids.next_id()))
}

/// What a port answers whose queue is full.
pub(crate) fn overloaded<T>() -> PortResult<T> {
    Err(PortError::transient("wait", "the queue is full"))
}
