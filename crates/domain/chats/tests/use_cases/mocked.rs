//! The service on mocked ports. A mock without expectations fails the test when it is called, so
//! every port that a test does not mention is proved to be left alone, and a transaction that a test
//! gives no expectation to write or to commit is proved to have been dropped untouched.

use std::sync::Arc;

use kabar_chats::{
    ChatLimits, ChatPorts, Chats, ClientId, ConversationKind, Mentions, Message, MessageBody,
    OnMessage, Standing,
    ports::{
        MessageTx, MockConversationStore, MockCursorStore, MockLogStore, MockMessageTx, MockPeople,
        MockRoster,
    },
};
use kabar_kernel::{
    Clock, ConversationId, IdSource, MessageId, PortError, PortResult, Pos, Role, RosterVersion,
    Seq, UserId,
};

use crate::fixed::{CountedIds, FixedClock};

pub(crate) struct Mocked {
    pub(crate) conversations: MockConversationStore,
    pub(crate) cursors: MockCursorStore,
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
            cursors: MockCursorStore::new(),
            log: MockLogStore::new(),
            roster: MockRoster::new(),
            people: MockPeople::new(),
        }
    }

    /// Whoever is asked for is a member, of the roster [`CHECKED`].
    pub(crate) fn admit(&mut self) {
        self.admit_as(Role::Member);
    }

    /// Whoever is asked for has this role in a group, of the roster [`CHECKED`].
    pub(crate) fn admit_as(&mut self, role: Role) {
        self.roster.expect_standing().times(1).returning(move |_, _| Ok(Some(standing(role))));
    }

    /// The conversation is there and gives this transaction.
    pub(crate) fn begin(&mut self, tx: MockMessageTx) {
        let tx: Box<dyn MessageTx> = Box::new(tx);
        self.log.expect_begin().times(1).return_once(move |_, _| Ok(Some(tx)));
    }

    pub(crate) fn chats(self) -> Chats {
        let ports = ChatPorts {
            conversations: Arc::new(self.conversations),
            cursors: Arc::new(self.cursors),
            log: Arc::new(self.log),
            roster: Arc::new(self.roster),
            people: Arc::new(self.people),
            clock: Arc::new(FixedClock::new()),
            ids: Arc::new(CountedIds::new()),
        };
        Chats::new(ports, ChatLimits::default())
    }
}

/// What a member of a group with this role is.
pub(crate) const fn standing(role: Role) -> Standing {
    Standing { kind: ConversationKind::Group, role, roster: CHECKED }
}

/// A transaction of a member with this role that knows this message, and expects no change unless
/// the test adds it.
pub(crate) fn knowing(message: &Message, role: Role) -> MockMessageTx {
    let (mut tx, message) = (MockMessageTx::new(), message.clone());
    tx.expect_standing().return_const(standing(role));
    tx.expect_message().times(1).return_once(move |_| Ok(Some(message)));
    tx
}

/// A conversation, a user and a message that no store knows.
pub(crate) fn some_ids() -> (ConversationId, UserId, MessageId) {
    let ids = CountedIds::new();
    (ConversationId::new(ids.next_id()), UserId::new(ids.next_id()), MessageId::new(ids.next_id()))
}

/// A message of these ids, and that its author shall do something to it.
pub(crate) fn some_message() -> (Message, OnMessage) {
    let (conversation, author, id) = some_ids();
    let message = Message {
        id,
        conversation,
        seq: Seq::new(1),
        pos: Pos::new(1),
        author,
        client_id: ClientId::from_message(id),
        body: MessageBody::parse("Apa kabar?".to_owned()).unwrap(),
        reply_to: None,
        quote: None,
        forward: None,
        mentions: Mentions::NONE,
        reactions: Vec::new(),
        created_at: FixedClock::new().now(),
        edited_at: None,
        deleted_at: None,
    };
    (message, OnMessage { conversation, actor: author, message: id })
}

/// What a port answers whose queue is full.
pub(crate) fn overloaded<T>() -> PortResult<T> {
    Err(PortError::transient("wait", "the queue is full"))
}
