use std::collections::HashMap;

use kabar_chats::Mentions;
use kabar_kernel::{Pos, Timestamp, UserId};
use kabar_notifications::Concern;

/// By which entry somebody was called, and when.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) pos: Pos,
    pub(crate) at: Timestamp,
}

/// Whom a message calls, each since the entry that first did: it was posted so, or edited.
#[derive(Clone, Default)]
pub(super) struct Calls {
    named: HashMap<UserId, Call>,
    all: Option<Call>,
    /// The author of the answered message.
    answered: Option<(UserId, Call)>,
}

impl Calls {
    /// Of a new message.
    pub(super) fn new(mentions: &Mentions, answered: Option<UserId>, call: Call) -> Self {
        let mut calls = Self::default();
        calls.replace(mentions, call);
        calls.answered = answered.map(|author| (author, call));
        calls
    }

    /// After an edit: who was called before stays called since then.
    pub(super) fn replace(&mut self, mentions: &Mentions, call: Call) {
        let before = &self.named;
        let since = |user: &UserId| before.get(user).copied().unwrap_or(call);
        self.named = mentions.users.iter().map(|user| (*user, since(user))).collect();
        self.all = mentions.all.then(|| self.all.unwrap_or(call));
    }

    /// How a message concerns a user: the one that counts most.
    pub(super) fn of(&self, user: UserId) -> Option<(Concern, Call)> {
        let named = self.named.get(&user).map(|call| (Concern::Mention, *call));
        let answered = self.answered.filter(|(author, _)| *author == user);
        let answered = answered.map(|(_, call)| (Concern::Reply, call));
        named.or(answered).or(self.all.map(|call| (Concern::MentionAll, call)))
    }
}
