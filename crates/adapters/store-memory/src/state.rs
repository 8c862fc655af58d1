//! Everything that is stored.

use std::collections::{BTreeMap, HashMap};

use kabar_kernel::{ConversationId, MessageId, SessionId, UserId};
use kabar_users::{User, Username, ports::HashedPassword};

use crate::{conversation::ConversationRow, session_rows::SessionRow};

/// The tables.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) accounts: HashMap<UserId, Account>,
    /// Unique, and in the order in which a search answers.
    pub(crate) usernames: BTreeMap<Username, UserId>,
    pub(crate) sessions: HashMap<SessionId, SessionRow>,
    pub(crate) conversations: BTreeMap<ConversationId, ConversationRow>,
    /// The direct conversation of each pair, the lesser id first.
    pub(crate) direct: HashMap<(UserId, UserId), ConversationId>,
    /// Where each message is, by its conversation and index there: ids are unique over all of them.
    pub(crate) messages: HashMap<MessageId, (ConversationId, usize)>,
}

/// An account and its password.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password: HashedPassword,
}
