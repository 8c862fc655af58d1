use kabar_kernel::{ConversationId, UserId};

use crate::{NotificationId, Preferences, Rules};

/// Hears what a user decided or marked, so that their connected devices can be told.
///
/// Must not block. It is a hint, and may be lost.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait NotificationFeed: Send + Sync {
    /// By these rules the user is told from now on.
    fn rules(&self, user: UserId, rules: Rules);

    /// The user decided this for a conversation.
    fn preferences(&self, user: UserId, conversation: ConversationId, preferences: Preferences);

    /// The user marked these notifications as read, all of them when none is named; so many are left.
    fn marked(&self, user: UserId, ids: Vec<NotificationId>, unread: u32);
}
