//! The service on mocked ports. A mock without expectations fails the test when it is called: a
//! transaction that a test gives no expectation to write or to commit is proved to have been
//! dropped untouched.

use std::sync::Arc;

use kabar_groups::{
    GroupLimits, Groups, Member,
    ports::{GroupTx, MockDirectory, MockGroupStore, MockGroupTx},
};
use kabar_kernel::{
    Clock, ConversationId, IdSource, PortError, PortResult, Role, Timestamp, UserId,
};

use crate::fixed::{CountedIds, FixedClock};

pub(crate) struct Mocked {
    pub(crate) groups: MockGroupStore,
    pub(crate) directory: MockDirectory,
}

impl Mocked {
    pub(crate) fn new() -> Self {
        Self { groups: MockGroupStore::new(), directory: MockDirectory::new() }
    }

    /// The group is there and gives this transaction.
    pub(crate) fn begin(&mut self, tx: MockGroupTx) {
        let tx: Box<dyn GroupTx> = Box::new(tx);
        self.groups.expect_begin().times(1).return_once(move |_| Ok(Some(tx)));
    }

    /// Every account that is asked for is active.
    pub(crate) fn know_everybody(&mut self) {
        self.directory.expect_active().times(1).returning(|users| Ok(users.to_vec()));
    }

    pub(crate) fn groups(self) -> Groups {
        Groups::new(
            Arc::new(self.groups),
            Arc::new(self.directory),
            Arc::new(FixedClock::new()),
            Arc::new(CountedIds::new()),
            GroupLimits { members: 3 },
        )
    }
}

/// A transaction that knows these members and expects no change, unless the test adds it.
pub(crate) fn roster(members: &[(UserId, Role)]) -> MockGroupTx {
    let known: Vec<Member> =
        members.iter().map(|&(user, role)| Member { user, role, joined_at: now() }).collect();
    let mut tx = MockGroupTx::new();
    tx.expect_member()
        .returning(move |user| Ok(known.iter().find(|member| member.user == user).copied()));
    tx
}

/// The moment at which everything on mocked ports happens.
pub(crate) fn now() -> Timestamp {
    FixedClock::new().now()
}

/// A group and two users that no store knows.
pub(crate) fn some_ids() -> (ConversationId, UserId, UserId) {
    let ids = CountedIds::new();
    (ConversationId::new(ids.next_id()), UserId::new(ids.next_id()), UserId::new(ids.next_id()))
}

/// What a port answers whose queue is full.
pub(crate) fn overloaded<T>() -> PortResult<T> {
    Err(PortError::transient("wait", "the queue is full"))
}
