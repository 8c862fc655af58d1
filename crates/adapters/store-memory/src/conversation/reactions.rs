use std::collections::BTreeSet;

use kabar_chats::{Emoji, Reaction};
use kabar_kernel::UserId;

/// The reactions to one message: who reacted with what, in the order in which each emoji was first
/// used.
#[derive(Clone, Default)]
pub(super) struct Reactions(Vec<(Emoji, BTreeSet<UserId>)>);

impl Reactions {
    /// How many have reacted with it then; `None` when the user had before.
    pub(super) fn add(&mut self, user: UserId, emoji: Emoji) -> Option<u32> {
        if let Some((_, users)) = self.0.iter_mut().find(|(with, _)| *with == emoji) {
            return users.insert(user).then(|| count(users.len()));
        }
        self.0.push((emoji, BTreeSet::from([user])));
        Some(1)
    }

    /// How many have reacted with it then; `None` when the user had not.
    pub(super) fn remove(&mut self, user: UserId, emoji: Emoji) -> Option<u32> {
        let (_, users) = self.0.iter_mut().find(|(with, _)| *with == emoji)?;
        let left = users.remove(&user).then(|| count(users.len()))?;
        self.0.retain(|(_, users)| !users.is_empty());
        Some(left)
    }

    pub(super) fn emojis(&self) -> Vec<Emoji> {
        self.0.iter().map(|(emoji, _)| *emoji).collect()
    }

    /// As one reader sees them.
    pub(super) fn seen_by(&self, reader: UserId) -> Vec<Reaction> {
        let reaction = |(emoji, users): &(Emoji, BTreeSet<UserId>)| Reaction {
            emoji: *emoji,
            count: count(users.len()),
            mine: users.contains(&reader),
        };
        self.0.iter().map(reaction).collect()
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
