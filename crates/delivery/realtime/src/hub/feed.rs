//! The hub as what others tell of changes and ask who is there.

use bytes::Bytes;
use kabar_chats::{
    Cursor, Entry,
    ports::{Connected, LiveFeed},
};
use kabar_kernel::{ConversationId, UserId};
use kabar_notifications::{NotificationId, Preferences, Rules, ports::NotificationFeed};

use super::{Hub, shard::receipt_of};
use crate::device::shared;

impl Hub {
    /// Sends every device of a user something, made for the first of them.
    fn push_to_own(&self, user: UserId, make: impl FnOnce() -> Bytes) {
        let devices = self.directory.of(user);
        if !devices.is_empty() {
            let frame = make();
            for device in devices {
                device.connection.push(frame.clone());
            }
        }
    }
}

impl LiveFeed for Hub {
    fn entries(&self, entries: Vec<Entry>) {
        // Mostly one conversation or a few: a linear search over the shards beats a map.
        let mut batches: Vec<(usize, Vec<Entry>)> = Vec::new();
        for entry in entries {
            let Some(shard) = self.shard_index(entry.conversation) else { continue };
            match batches.iter_mut().find(|(index, _)| *index == shard) {
                Some((_, batch)) => batch.push(entry),
                None => batches.push((shard, vec![entry])),
            }
        }
        for (index, batch) in batches {
            if let Some(shard) = self.shards.get(index) {
                shard.entries(batch);
            }
        }
    }

    fn opened(&self, conversation: ConversationId, members: Vec<UserId>) {
        if let Some(shard) = self.shard_of(conversation) {
            shard.opened(conversation, members);
        }
    }

    fn read(&self, cursor: Cursor) {
        self.push_to_own(cursor.user, || self.encoder.read(&cursor));
        self.show_others(&cursor, true);
    }

    fn delivered(&self, cursor: Cursor) {
        self.push_to_own(cursor.user, || self.encoder.delivered(&receipt_of(&cursor)));
        self.show_others(&cursor, false);
    }
}

impl Hub {
    fn show_others(&self, cursor: &Cursor, read: bool) {
        if cursor.shown
            && let Some(shard) = self.shard_of(cursor.conversation)
        {
            shard.receipt(cursor, read);
        }
    }
}

impl NotificationFeed for Hub {
    fn rules(&self, user: UserId, rules: Rules) {
        let rules = shared(rules);
        for device in self.directory.of(user) {
            device.hear_rules(rules.clone());
        }
    }

    fn preferences(&self, user: UserId, conversation: ConversationId, preferences: Preferences) {
        self.push_to_own(user, || self.encoder.preferences(conversation, &preferences));
    }

    fn marked(&self, user: UserId, ids: Vec<NotificationId>, unread: u32) {
        self.push_to_own(user, || self.encoder.notifications_read(&ids, unread));
    }
}

impl Connected for Hub {
    fn is_online(&self, user: UserId) -> bool {
        self.presence.is_online(user)
    }
}
