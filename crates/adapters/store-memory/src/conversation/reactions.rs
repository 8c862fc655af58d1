use std::collections::BTreeMap;

use kabar_chats::{Emoji, Reaction};
use kabar_kernel::{Timestamp, UserId};

/// The reactions to one message: who reacted with what, and when.
#[derive(Clone, Default)]
pub(super) struct Reactions(BTreeMap<Emoji, BTreeMap<UserId, Timestamp>>);

impl Reactions {
    /// How many have reacted with it then; `None` when the user had before.
    pub(super) fn add(&mut self, user: UserId, emoji: Emoji, at: Timestamp) -> Option<u32> {
        let users = self.0.entry(emoji).or_default();
        let is_new = !users.contains_key(&user);
        users.entry(user).or_insert(at);
        is_new.then(|| count(users.len()))
    }

    /// How many have reacted with it then; `None` when the user had not.
    pub(super) fn remove(&mut self, user: UserId, emoji: Emoji) -> Option<u32> {
        let users = self.0.get_mut(&emoji)?;
        users.remove(&user)?;
        let left = count(users.len());
        if left == 0 {
            self.0.remove(&emoji);
        }
        Some(left)
    }

    pub(super) fn emojis(&self) -> Vec<Emoji> {
        self.0.keys().copied().collect()
    }

    /// As one reader sees them, in the order of their first use.
    pub(super) fn seen_by(&self, reader: UserId) -> Vec<Reaction> {
        let mut emojis: Vec<_> = self.0.iter().collect();
        // Stable, so emojis first used at the same moment stand in the order of their code points.
        emojis.sort_by_key(|(_, users)| users.values().min().copied());
        let reaction = |(emoji, users): (&Emoji, &BTreeMap<UserId, Timestamp>)| Reaction {
            emoji: *emoji,
            count: count(users.len()),
            mine: users.contains_key(&reader),
        };
        emojis.into_iter().map(reaction).collect()
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
