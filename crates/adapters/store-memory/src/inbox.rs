use std::cmp::Reverse;

use async_trait::async_trait;
use kabar_kernel::{Page, PageSize, PortResult, Timestamp, UserId};
use kabar_notifications::{
    INBOX_CAP, InboxCursor, Notification, NotificationId,
    ports::{InboxStore, Marked},
};

use crate::{MemoryStore, state::State};

/// All that concerned a user, in no order.
fn inbox(state: &State, user: UserId) -> impl Iterator<Item = Notification> {
    state.conversations_of(user).flat_map(move |row| row.inbox_of(user))
}

fn unread(state: &State, user: UserId) -> u32 {
    let unread = inbox(state, user).filter(|notification| !notification.read).count();
    u32::try_from(unread).unwrap_or(INBOX_CAP).min(INBOX_CAP)
}

#[async_trait]
impl InboxStore for MemoryStore {
    async fn list(
        &self,
        user: UserId,
        after: Option<InboxCursor>,
        only_unread: bool,
        size: PageSize,
    ) -> PortResult<Page<Notification>> {
        let after = after.map(|cursor| (cursor.at, cursor.id));
        let mut held: Vec<Notification> = self.read(|state| inbox(state, user).collect());
        held.retain(|notification| {
            let follows = after.is_none_or(|after| (notification.at, notification.id) < after);
            follows && !(only_unread && notification.read)
        });
        held.sort_unstable_by_key(|notification| Reverse((notification.at, notification.id)));
        Ok(Page::from_overfetch(held, size))
    }

    async fn unread(&self, user: UserId) -> PortResult<u32> {
        Ok(self.read(|state| unread(state, user)))
    }

    async fn mark_read(
        &self,
        user: UserId,
        ids: &[NotificationId],
        _at: Timestamp,
    ) -> PortResult<Marked> {
        Ok(self.change(|state| {
            let mut changed = false;
            for id in ids {
                let row = state.conversations.get_mut(&id.conversation);
                changed |= row.is_some_and(|row| row.mark_notified(user, id.pos));
            }
            Marked { unread: unread(state, user), changed }
        }))
    }

    async fn mark_all_read(&self, user: UserId, _at: Timestamp) -> PortResult<Marked> {
        Ok(self.change(|state| {
            let mut changed = false;
            for row in state.conversations.values_mut() {
                changed |= row.mark_all_notified(user);
            }
            Marked { unread: unread(state, user), changed }
        }))
    }
}
