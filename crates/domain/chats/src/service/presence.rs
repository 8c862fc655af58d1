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
        if watchers.is_empty() {
            return Ok(Vec::new());
        }
        self.store.entitled(user, watchers).await
    }

    /// Notes when users' last devices went.
    ///
    /// # Errors
    /// A port failed.
    pub async fn note(&self, seen: &[(UserId, Timestamp)]) -> PortResult<()> {
        for some in seen.chunks(1000) {
            self.store.note(some).await?;
        }
        Ok(())
    }
}
