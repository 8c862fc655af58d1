use std::collections::BTreeSet;

use async_trait::async_trait;
use kabar_chats::ports::{PresenceStore, Seen};
use kabar_kernel::{PortResult, Timestamp, UserId};

use crate::{MemoryStore, state::State};

/// Whether the watcher may know whether the user is there.
fn is_visible(state: &State, watcher: UserId, user: UserId) -> bool {
    if watcher == user {
        return true;
    }
    let mut shared = state.conversations_of(watcher).filter(|row| row.is_member(user));
    state.is_active(user) && state.privacy(user).presence && shared.next().is_some()
}

#[async_trait]
impl PresenceStore for MemoryStore {
    async fn visible(&self, watcher: UserId, users: &[UserId]) -> PortResult<Vec<Seen>> {
        let asked: BTreeSet<UserId> = users.iter().copied().collect();
        Ok(self.read(|state| {
            let visible = asked.into_iter().filter(|user| is_visible(state, watcher, *user));
            let seen = |user: UserId| Some(Seen { user, at: state.accounts.get(&user)?.seen_at });
            visible.filter_map(seen).collect()
        }))
    }

    async fn entitled(&self, user: UserId, watchers: &[UserId]) -> PortResult<Vec<UserId>> {
        let asked: BTreeSet<UserId> = watchers.iter().copied().collect();
        Ok(self.read(|state| {
            asked.into_iter().filter(|watcher| is_visible(state, *watcher, user)).collect()
        }))
    }

    async fn note(&self, seen: &[(UserId, Timestamp)]) -> PortResult<()> {
        self.change(|state| {
            for (user, at) in seen {
                if let Some(account) = state.accounts.get_mut(user) {
                    account.seen_at = account.seen_at.max(Some(*at));
                }
            }
        });
        Ok(())
    }
}
