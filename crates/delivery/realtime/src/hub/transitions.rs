//! What the outside is told of coming and going, and what it tells in return.

use std::sync::Arc;

use kabar_chats::Presence;
use kabar_kernel::{Timestamp, UserId};

use super::{Hub, presence::Presences};

/// Somebody came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Who.
    pub user: UserId,
    /// Whether a device of theirs is connected now.
    pub online: bool,
    /// When their last device went, or their first one came; to a second.
    pub at: Timestamp,
    /// Users with a device that watches them, each once; who of them may know is to be asked.
    pub watchers: Vec<UserId>,
}

/// What happened to whom, for one who notes it and tells [those who may know](Hub::tell_presence).
///
/// Nothing is lost while nobody takes it: at most two transitions of a user wait, the last going and a
/// coming after it. A going is handed out whether anybody watches or not, so that it can be noted; a
/// coming only when somebody does. Dropping it ends the collecting.
pub struct Transitions {
    presence: Arc<Presences>,
}

impl Transitions {
    pub(super) const fn new(presence: Arc<Presences>) -> Self {
        Self { presence }
    }

    /// The next one; `None` when the hub is gone. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Transition> {
        self.presence.next().await
    }
}

impl Drop for Transitions {
    fn drop(&mut self) {
        self.presence.take_no_more();
    }
}

impl Hub {
    /// Tells those of these users' devices that watch the user. Not that somebody is there who has
    /// ceased to show it since it was asked who may know.
    pub fn tell_presence(&self, presence: &Presence, to: &[UserId]) {
        let devices = self.presence.told(presence, to);
        if !devices.is_empty() {
            let frame = self.encoder.presence(presence);
            for device in devices {
                device.connection.tell(None, frame.clone());
            }
        }
    }

    /// What a user shows from now on: that they are typing, and whether they are there. Who ceases to
    /// show that they are there is gone for those who watch them; who shows it again is handed out as
    /// one who came.
    pub fn set_privacy(&self, user: UserId, typing: bool, presence: bool) {
        for device in self.directory.of(user) {
            device.hear_typing(typing);
        }
        let devices = self.presence.set_shown(user, presence, self.now());
        if !devices.is_empty() {
            let frame = self.encoder.presence(&Presence::unknown(user));
            for device in devices {
                device.connection.tell(None, frame.clone());
            }
        }
    }

    /// Those who are there, or went less than the grace ago: for whoever notes at the end when they
    /// were last seen.
    pub fn online_users(&self) -> Vec<UserId> {
        self.presence.users()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.presence.end();
    }
}
