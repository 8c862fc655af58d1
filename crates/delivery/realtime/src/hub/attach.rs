//! A device comes, reads by itself what it missed, and goes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use kabar_chats::{ConversationKind, Presence};
use kabar_kernel::{ConversationId, Pos, UserId};
use tokio::sync::oneshot;

use super::{Hub, shard::Message};
use crate::Device;

/// A device's place in the hub; dropping it takes the device out and closes nothing.
pub struct Attach {
    hub: Arc<Hub>,
    device: Arc<Device>,
    /// Whether its user is there because of it.
    is_present: AtomicBool,
}

impl Hub {
    /// Puts a device into the hub: from now on it hears of conversations its user is added to. Those
    /// its user is in already are to be loaded after this, and [followed](Attach::follow); so are the
    /// user's rules, and whether they show that they are typing.
    pub fn attach(self: &Arc<Self>, device: Arc<Device>) -> Attach {
        self.directory.add(Arc::clone(&device));
        self.devices.fetch_add(1, Ordering::Relaxed);
        Attach { hub: Arc::clone(self), device, is_present: AtomicBool::new(false) }
    }
}

impl Attach {
    /// The device.
    pub const fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// Makes the device hear of conversations, each given with its kind and the head at which it was
    /// loaded. Answers those that have to be loaded anew, because somebody, perhaps this user, left
    /// them between the loading and now.
    ///
    /// From the first call on, be it with nothing, the user is there: a device that does not get this
    /// far, because its session turns out to have ended, makes nobody come or go.
    pub async fn follow(
        &self,
        conversations: Vec<(ConversationId, ConversationKind, Pos)>,
    ) -> Vec<ConversationId> {
        if !self.is_present.swap(true, Ordering::Relaxed) {
            self.hub.presence.come(self.device.user, self.hub.now());
        }
        let mut parts: BTreeMap<usize, Vec<_>> = BTreeMap::new();
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

    /// Says that the user is typing. It reaches the devices of the other members, again after 3 s at
    /// the earliest, unless the user hides it, too many devices follow, or typing is switched off.
    /// `false` when the device does not follow the conversation.
    pub async fn typing(&self, conversation: ConversationId) -> bool {
        let (taken, answer) = oneshot::channel();
        let device = Arc::clone(&self.device);
        self.tell(conversation, Message::Typing { device, conversation, taken }).await;
        answer.await.unwrap_or(false)
    }

    /// Makes the device hear of the coming and going of these users and of no others, as far as it
    /// may: see [`Hub::tell_presence`]. Takes the first [`WATCH_MAX`](super::WATCH_MAX) of them.
    ///
    /// Call it before asking whether they are there, so that no change falls in between.
    pub fn watch(&self, users: Vec<UserId>) {
        self.hub.presence.watch(&self.device, users);
    }

    /// Notes what the device was told when it began to watch, so that a user who ceases to show
    /// whether they are there is not given away by that to whom they never showed it.
    pub fn answered(&self, presences: &[Presence]) {
        self.hub.presence.answered(&self.device, presences);
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
        self.hub.presence.unwatch(&self.device);
        if *self.is_present.get_mut() {
            self.hub.presence.go(self.device.user, self.hub.now());
        }
    }
}
