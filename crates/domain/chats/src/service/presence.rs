use std::{collections::HashMap, sync::Arc};

use kabar_kernel::{PortResult, Timestamp, UserId};

use crate::{
    Presence,
    ports::{Connected, PresenceStore, Seen},
};

/// Who is there, for those who may know: whoever shares a conversation with them, unless they hide it.
pub struct Presences {
    store: Arc<dyn PresenceStore>,
    connected: Arc<dyn Connected>,
}

impl Presences {
    /// Most users whose presence one may ask for at once.
    pub const MAX_ASKED: usize = 100;

    /// Most that the store is asked of or told at once.
    const MAX_AT_ONCE: usize = 1000;

    /// The service over its ports.
    pub fn new(store: Arc<dyn PresenceStore>, connected: Arc<dyn Connected>) -> Self {
        Self { store, connected }
    }

    /// Whether these users are there, in the order given. Of whom the watcher may know nothing, the
    /// answer is that of one who never was there.
    ///
    /// # Errors
    /// A port failed.
    pub async fn of(&self, watcher: UserId, users: &[UserId]) -> PortResult<Vec<Presence>> {
        let seen = self.store.visible(watcher, users).await?;
        let seen: HashMap<UserId, Seen> = seen.into_iter().map(|seen| (seen.user, seen)).collect();
        let presence = |user: &UserId| {
            let Some(seen) = seen.get(user) else { return Presence::unknown(*user) };
            let online = self.connected.is_online(*user);
            Presence { user: *user, online, last_seen_at: seen.at.filter(|_| !online) }
        };
        Ok(users.iter().map(presence).collect())
    }

    /// Those of the watchers who may know that the user came or went.
    ///
    /// # Errors
    /// A port failed.
    pub async fn entitled(&self, user: UserId, watchers: &[UserId]) -> PortResult<Vec<UserId>> {
        let mut entitled = Vec::new();
        for some in watchers.chunks(Self::MAX_AT_ONCE) {
            entitled.extend(self.store.entitled(user, some).await?);
        }
        Ok(entitled)
    }

    /// Notes when users' last devices went.
    ///
    /// # Errors
    /// A port failed.
    pub async fn note(&self, seen: &[(UserId, Timestamp)]) -> PortResult<()> {
        for some in seen.chunks(Self::MAX_AT_ONCE) {
            self.store.note(some).await?;
        }
        Ok(())
    }
}
