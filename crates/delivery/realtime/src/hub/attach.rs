//! A device comes, reads by itself what it missed, and goes.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use kabar_kernel::{ConversationId, Pos};
use tokio::sync::oneshot;

use super::{Hub, shard::Message};
use crate::Device;

/// A device's place in the hub; dropping it takes the device out and closes nothing.
pub struct Attach {
    hub: Arc<Hub>,
    device: Arc<Device>,
}

impl Hub {
    /// Puts a device into the hub: from now on it hears of conversations its user is added to. Those
    /// its user is in already are to be loaded after this, and [followed](Attach::follow).
    pub fn attach(self: &Arc<Self>, device: Arc<Device>) -> Attach {
        self.directory.add(Arc::clone(&device));
        self.devices.fetch_add(1, Ordering::Relaxed);
        Attach { hub: Arc::clone(self), device }
    }
}

impl Attach {
    /// The device.
    pub const fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// Makes the device hear of conversations, each given with the head at which it was loaded.
    /// Answers those that have to be loaded anew, because somebody, perhaps this user, left them
    /// between the loading and now.
    pub async fn follow(&self, conversations: Vec<(ConversationId, Pos)>) -> Vec<ConversationId> {
        let mut parts: BTreeMap<usize, Vec<(ConversationId, Pos)>> = BTreeMap::new();
        for conversation in conversations {
            if let Some(index) = self.hub.shard_index(conversation.0) {
                parts.entry(index).or_default().push(conversation);
            }
        }
        let mut again = Vec::new();
        for (index, conversations) in parts {
            let Some(shard) = self.hub.shards.get(index) else { continue };
            let (stale, answer) = oneshot::channel();
            let device = Arc::clone(&self.device);
            // A shard that is gone answers nothing: the server is going down.
            let _ = shard.sender.send(Message::Attach { device, conversations, stale }).await;
            again.extend(answer.await.unwrap_or_default());
        }
        again
    }

    /// Stops live entries of a conversation until [`resume`](Self::resume), so that the device can be
    /// sent what it missed, in order. `false` when it does not follow the conversation.
    pub async fn pause(&self, conversation: ConversationId) -> bool {
        let (follows, answer) = oneshot::channel();
        let device = Arc::clone(&self.device);
        self.tell(conversation, Message::Pause { device, conversation, follows }).await;
        answer.await.unwrap_or(false)
    }

    /// Lets live entries after `at` through again.
    ///
    /// # Errors
    /// More than that was sent to others meanwhile: read up to the answer first, and resume there.
    pub async fn resume(&self, conversation: ConversationId, at: Pos) -> Result<(), Pos> {
        let (behind, answer) = oneshot::channel();
        let device = Arc::clone(&self.device);
        self.tell(conversation, Message::Resume { device, conversation, at, behind }).await;
        answer.await.unwrap_or(Ok(()))
    }

    async fn tell(&self, conversation: ConversationId, message: Message) {
        if let Some(shard) = self.hub.shard_of(conversation) {
            let _ = shard.sender.send(message).await;
        }
    }
}

impl Drop for Attach {
    fn drop(&mut self) {
        // The shards let go of it when they next come by: its connection is closed.
        self.hub.directory.remove(&self.device);
        self.hub.devices.fetch_sub(1, Ordering::Relaxed);
    }
}
