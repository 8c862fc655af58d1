use async_trait::async_trait;
use kabar_kernel::{Page, PageSize, PortResult, Timestamp, UserId};

use crate::{InboxCursor, Notification, NotificationId};

/// What marking left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Unread notifications, counted up to [`INBOX_CAP`](crate::INBOX_CAP).
    pub unread: u32,
    /// Whether anything changed.
    pub changed: bool,
}

/// Keeps what concerned every user.
///
/// What is stored is written by whoever causes it, in the transaction that causes it: the log store
/// (mentions, replies, see the chats domain) and the changes of groups (memberships, roles).
///
/// # Laws
/// - The inbox holds: every mention of the user by name; every call of everybody in a conversation that
///   they were a member of when it was posted; every reply to a message of theirs; every time another
///   made them a member of a group or gave them another role; and, for each direct conversation with
///   unread messages, one notification of the last of them (its `unread` says how many).
///   Nothing that the user did themselves, and one notification for a message: a mention by name before
///   a reply before a call of everybody.
/// - Only of conversations the user is a member of now, and whose level is not `none`. A call of
///   everybody, and a stored notification, from before the user's (last) joining is not in it.
/// - A message is shown in its present state. Deleting it takes its notifications away; an edit takes
///   away the mentions that it removed and adds those that it added.
/// - A call that an edit adds is named by the edit's entry and bears the moment of the edit; a call of
///   the text as it was posted is named by the message and bears the moment of its posting.
/// - A notification of a message is read once the user's `read_seq` has reached it, or it was marked;
///   one of a direct conversation is marked by reading the conversation only, so marking leaves it.
/// - `list` is by moment, latest first, then by id descending; each page goes on after the cursor.
/// - `mark_read` with ids the inbox does not hold changes nothing for those.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// A page of the inbox.
    async fn list(
        &self,
        user: UserId,
        after: Option<InboxCursor>,
        only_unread: bool,
        size: PageSize,
    ) -> PortResult<Page<Notification>>;

    /// How many notifications are unread, up to [`INBOX_CAP`](crate::INBOX_CAP).
    async fn unread(&self, user: UserId) -> PortResult<u32>;

    /// Marks these as read; at most 100.
    async fn mark_read(
        &self,
        user: UserId,
        ids: &[NotificationId],
        at: Timestamp,
    ) -> PortResult<Marked>;

    /// Marks all that the inbox holds now as read, but for direct conversations.
    async fn mark_all_read(&self, user: UserId, at: Timestamp) -> PortResult<Marked>;
}
