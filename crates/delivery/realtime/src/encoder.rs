//! What the hub needs said, and somebody else puts into words.

use bytes::Bytes;
use kabar_chats::{ConversationKind, Cursor, Entry};
use kabar_kernel::{ConversationId, Pos};

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

    /// The receiver has read up to here, on whichever device.
    fn read(&self, cursor: &Cursor) -> Bytes;
}
