//! The hub as the live feed of the stores.

use kabar_chats::{Cursor, Entry, ports::LiveFeed};
use kabar_kernel::{ConversationId, UserId};

use super::Hub;

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
        let devices = self.directory.of(cursor.user);
        if !devices.is_empty() {
            let frame = self.encoder.read(&cursor);
            for device in devices {
                device.connection.push(frame.clone());
            }
        }
    }
}
