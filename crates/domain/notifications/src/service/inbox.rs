use kabar_kernel::{Page, PageSize, PortResult, UserId};

use super::Notifications;
use crate::{InboxCursor, Notification, NotificationId};

impl Notifications {
    /// A page of the inbox, latest first.
    ///
    /// # Errors
    /// A port failed.
    pub async fn inbox(
        &self,
        user: UserId,
        after: Option<InboxCursor>,
        only_unread: bool,
        size: PageSize,
    ) -> PortResult<Page<Notification>> {
        self.inbox.list(user, after, only_unread, size).await
    }

    /// How many notifications are unread, up to [`INBOX_CAP`](crate::INBOX_CAP).
    ///
    /// # Errors
    /// A port failed.
    pub async fn unread(&self, user: UserId) -> PortResult<u32> {
        self.inbox.unread(user).await
    }

    /// Marks notifications as read, at most [`Self::MAX_MARKED`]; answers how many are left unread. Those
    /// of direct conversations are read by reading the conversation, and stay.
    ///
    /// # Errors
    /// A port failed.
    pub async fn mark_read(&self, user: UserId, ids: Vec<NotificationId>) -> PortResult<u32> {
        let marked = self.inbox.mark_read(user, &ids, self.clock.now()).await?;
        if marked.changed {
            self.feed.marked(user, ids, marked.unread);
        }
        Ok(marked.unread)
    }

    /// Marks all there are as read, under the same rules.
    ///
    /// # Errors
    /// A port failed.
    pub async fn mark_all_read(&self, user: UserId) -> PortResult<u32> {
        let marked = self.inbox.mark_all_read(user, self.clock.now()).await?;
        if marked.changed {
            self.feed.marked(user, Vec::new(), marked.unread);
        }
        Ok(marked.unread)
    }
}
