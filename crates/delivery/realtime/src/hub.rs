//! The hub: who follows which conversation, and what goes to whom.

mod attach;
mod feed;
mod following;
mod heartbeat;
mod outgoing;
mod presence;
mod shard;
mod transitions;
mod typing;

use std::{
    hash::BuildHasher,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kabar_chats::{Entry, ports::LogStore};
use kabar_kernel::{ConversationId, Pos, SessionId, Timestamp, UserId};
use rustc_hash::{FxBuildHasher, FxHashMap};
use tokio::sync::{Notify, mpsc};

pub use self::{
    attach::Attach,
    heartbeat::Heartbeat,
    presence::WATCH_MAX,
    transitions::{Transition, Transitions},
};
use self::{
    presence::Presences,
    shard::{Shard, ToShard},
};
use crate::{CloseCode, Device, Encoder, directory::Directory};

/// Shards a hub is split over. Each is one task, so that the order within a conversation needs no
/// lock; a few of them, so that one large group does not hold up everybody.
const SHARDS: u64 = 4;

/// Batches of entries that may wait for a shard. Beyond it the hint is dropped, and the shard reads
/// the log of the conversations concerned instead.
const SHARD_QUEUE: usize = 4096;

/// What of the ephemeral is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubSettings {
    /// Whether others are told who is typing.
    pub typing: bool,
    /// Most devices that may follow a conversation in which others are told who is typing.
    pub typing_max_devices: usize,
    /// Whether others are told who comes and goes.
    pub presence: bool,
    /// How long after the last device of a user went they are taken for gone.
    pub presence_grace: Duration,
}

impl Default for HubSettings {
    /// Everything, typing to at most 200 devices, gone after 5 s.
    fn default() -> Self {
        Self {
            typing: true,
            typing_max_devices: 200,
            presence: true,
            presence_grace: Duration::from_secs(5),
        }
    }
}

/// Knows every device, and tells it what it has a right to hear.
pub struct Hub {
    encoder: Arc<dyn Encoder>,
    directory: Directory,
    shards: Vec<ToShard>,
    /// The coarse clock: seconds since the hub began, moved by the heartbeat.
    seconds: AtomicU32,
    /// Its wall clock, in milliseconds: what is decided for each receiver of each entry, or when
    /// sockets go by the thousand, needs no better one.
    wall: AtomicI64,
    devices: AtomicUsize,
    settings: HubSettings,
    presence: Arc<Presences>,
}

/// A hub and what makes it run, once there is a store to read logs from.
pub struct HubStart {
    /// The hub: hand it to the stores as their live feed.
    pub hub: Arc<Hub>,
    /// Its shards: run them with the store.
    pub shards: Shards,
    /// Who comes and goes: take them for as long as the hub lives.
    pub transitions: Transitions,
}

/// The tasks of a hub that wait for the store they heal from.
pub struct Shards {
    hub: Arc<Hub>,
    inboxes: Vec<mpsc::Receiver<shard::Message>>,
}

impl Hub {
    /// A hub without devices. It delivers nothing until its shards run.
    pub fn start(encoder: Arc<dyn Encoder>, settings: HubSettings) -> HubStart {
        let (shards, inboxes) = (0..SHARDS)
            .map(|_| {
                let (sender, inbox) = mpsc::channel(SHARD_QUEUE);
                (ToShard { sender, missed: Arc::default() }, inbox)
            })
            .unzip();
        let presence = Arc::new(Presences::new(settings.presence, settings.presence_grace));
        let hub = Arc::new(Self {
            encoder,
            directory: Directory::default(),
            shards,
            seconds: AtomicU32::new(0),
            wall: AtomicI64::new(0),
            devices: AtomicUsize::new(0),
            settings,
            presence: Arc::clone(&presence),
        });
        let transitions = Transitions::new(presence);
        HubStart { shards: Shards { hub: Arc::clone(&hub), inboxes }, hub, transitions }
    }

    /// Seconds since the hub began, as of its last heartbeat: cheap enough to ask for every frame.
    pub fn seconds(&self) -> u32 {
        self.seconds.load(Ordering::Relaxed)
    }

    /// The moment of the last heartbeat, at most about a second ago; the epoch before the first.
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.load(Ordering::Relaxed))
    }

    /// How many devices are connected.
    pub fn devices(&self) -> usize {
        self.devices.load(Ordering::Relaxed)
    }

    /// Closes every socket of a session.
    pub fn close_session(&self, user: UserId, session: SessionId, code: CloseCode) {
        for device in self.directory.of(user) {
            if device.session == session {
                device.connection.close(code);
            }
        }
    }

    /// The devices that are connected now, for whoever closes them one after the other.
    pub fn all_devices(&self) -> Vec<Arc<Device>> {
        self.directory.all()
    }

    fn shard_index(&self, conversation: ConversationId) -> Option<usize> {
        usize::try_from(FxBuildHasher.hash_one(conversation) % SHARDS).ok()
    }

    fn shard_of(&self, conversation: ConversationId) -> Option<&ToShard> {
        self.shard_index(conversation).and_then(|index| self.shards.get(index))
    }
}

impl Shards {
    /// Runs the shards until the runtime ends; they read from `log` what hints left out.
    pub fn run(self, log: &Arc<dyn LogStore>) {
        for (inbox, to_self) in self.inboxes.into_iter().zip(&self.hub.shards) {
            let shard = Shard::new(&self.hub, Arc::clone(log), to_self.clone());
            tokio::spawn(shard.run(inbox));
        }
    }
}

/// Conversations of which a hint was dropped because the shard's queue was full, each with the first
/// and the last position that was dropped.
#[derive(Default)]
struct Missed {
    conversations: Mutex<FxHashMap<ConversationId, (Pos, Pos)>>,
    noticed: Notify,
}

impl Missed {
    fn note(&self, entries: &[Entry]) {
        let mut conversations = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let (first, last) =
                conversations.entry(entry.conversation).or_insert((entry.pos, entry.pos));
            *first = entry.pos.min(*first);
            *last = entry.pos.max(*last);
        }
        self.noticed.notify_one();
    }

    fn take(&self) -> FxHashMap<ConversationId, (Pos, Pos)> {
        std::mem::take(&mut *self.conversations.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
