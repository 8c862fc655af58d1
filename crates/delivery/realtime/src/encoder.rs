//! What the hub needs said, and somebody else puts into words.

use bytes::Bytes;
use kabar_chats::{ConversationKind, Cursor, Entry, MessageRef, Presence, Receipt};
use kabar_kernel::{ConversationId, Pos, Role, Timestamp, UserId};
use kabar_notifications::{Concern, NotificationId, Preferences};

/// Something that concerns its receivers, as it happens. What it is about, its entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Names it, and the entry it is about.
    pub id: NotificationId,
    /// Why it concerns them.
    pub concern: Concern,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// The message it is about, if it is about one.
    pub message: Option<MessageRef>,
    /// The receiver's role, if it is about a membership.
    pub role: Option<Role>,
}

/// Makes frames of what happened. Called once for each event, whatever the number of receivers.
pub trait Encoder: Send + Sync {
    /// One entry of a log.
    fn entry(&self, entry: &Entry) -> Bytes;

    /// The receiver is a member of this conversation from now on; entries after `head` will follow.
    fn conversation_added(
        &self,
        conversation: ConversationId,
        kind: ConversationKind,
        head: Pos,
    ) -> Bytes;

    /// The receiver is not a member of this conversation any more.
    fn conversation_removed(&self, conversation: ConversationId) -> Bytes;

    /// The receiver has read up to here, or marked the conversation as unread, on whichever device.
    fn read(&self, cursor: &Cursor) -> Bytes;

    /// Another member has read up to here.
    fn others_read(&self, receipt: &Receipt) -> Bytes;

    /// Somebody's devices have received up to here: the receiver's own or another member's.
    fn delivered(&self, receipt: &Receipt) -> Bytes;

    /// Another member is typing, for so many seconds unless it is said again.
    fn typing(&self, conversation: ConversationId, user: UserId, expires_in: u32) -> Bytes;

    /// Somebody came or went.
    fn presence(&self, presence: &Presence) -> Bytes;

    /// Something concerns the receiver.
    fn notification(&self, notice: &Notice) -> Bytes;

    /// The receiver marked these notifications as read on whichever device, all of them when none is
    /// named; so many are left unread.
    fn notifications_read(&self, ids: &[NotificationId], unread: u32) -> Bytes;

    /// The receiver decided this for a conversation, on whichever device.
    fn preferences(&self, conversation: ConversationId, preferences: &Preferences) -> Bytes;
}
