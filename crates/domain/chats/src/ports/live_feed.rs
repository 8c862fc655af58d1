use kabar_kernel::{ConversationId, UserId};

use crate::{Cursor, Entry};

/// Hears of what was committed, so that connected devices can be told.
///
/// Called by the stores once the change is committed, from work that a dropped caller does not
/// cancel. Must not block. It is a hint: it may be lost, repeated or come out of order, and whoever
/// notices a hole reads the log.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait LiveFeed: Send + Sync {
    /// These entries were committed; those of one conversation stand in ascending order of `pos`.
    fn entries(&self, entries: Vec<Entry>);

    /// A direct conversation was opened between these users (one, when it is with oneself).
    fn opened(&self, conversation: ConversationId, members: Vec<UserId>);

    /// A member has read up to here, or marked the conversation as unread, or took the mark away. Where
    /// nothing changed but the mark, which is nobody else's business, `shown` is false.
    fn read(&self, cursor: Cursor);

    /// A member's devices have received up to here.
    fn delivered(&self, cursor: Cursor);
}
