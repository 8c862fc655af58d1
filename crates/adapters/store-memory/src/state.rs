//! Everything that is stored.

use std::collections::{BTreeMap, HashMap, HashSet};

use kabar_kernel::{ConversationId, MessageId, SessionId, Timestamp, UserId};
use kabar_notifications::QuietHours;
use kabar_users::{Privacy, User, Username, ports::HashedPassword};

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
    /// The ids of all messages: unique over all conversations.
    pub(crate) messages: HashSet<MessageId>,
}

impl State {
    /// The conversation, for a member.
    pub(crate) fn opened(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Option<&ConversationRow> {
        self.conversations.get(&conversation).filter(|row| row.is_member(reader))
    }

    /// Those conversations that the user is a member of.
    pub(crate) fn conversations_of(&self, user: UserId) -> impl Iterator<Item = &ConversationRow> {
        self.conversations.values().filter(move |row| row.is_member(user))
    }

    /// Whether the account exists and is not deactivated.
    pub(crate) fn is_active(&self, user: UserId) -> bool {
        self.accounts.get(&user).is_some_and(|account| account.user.is_active())
    }

    /// What the user shows of themselves.
    pub(crate) fn privacy(&self, user: UserId) -> Privacy {
        self.accounts.get(&user).map(|account| account.privacy).unwrap_or_default()
    }
}

/// An account and all that is kept with it.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password: HashedPassword,
    pub(crate) privacy: Privacy,
    pub(crate) quiet: Option<QuietHours>,
    /// When the last device went.
    pub(crate) seen_at: Option<Timestamp>,
}

impl Account {
    /// A new one, which shows everything.
    pub(crate) fn new(user: User, password: HashedPassword) -> Self {
        Self { user, password, privacy: Privacy::default(), quiet: None, seen_at: None }
    }
}
