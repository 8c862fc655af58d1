use async_trait::async_trait;
use kabar_kernel::{ConversationId, PortResult, Timestamp, UserId};

use crate::{Preferences, QuietHours, Rules};

/// Keeps what users decided about being told.
///
/// # Laws
/// - What was set is what is read; before anything was, the defaults are.
/// - `preferences` and `set_preferences` answer `None` and `false` for whoever is not a member, as for
///   an unknown conversation. Who leaves a conversation and comes back finds the defaults.
/// - `rules` answers everything that was set and holds at `now`: conversations whose preferences are the
///   defaults, or whose mute is over, are not in it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PreferenceStore: Send + Sync {
    /// What the user decided for a conversation.
    async fn preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Preferences>>;

    /// Replaces what the user decided for a conversation.
    async fn set_preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
        preferences: Preferences,
    ) -> PortResult<bool>;

    /// When the user wants to be left alone.
    async fn quiet_hours(&self, user: UserId) -> PortResult<Option<QuietHours>>;

    /// Replaces when the user wants to be left alone; `None` ends it.
    async fn set_quiet_hours(&self, user: UserId, hours: Option<QuietHours>) -> PortResult<()>;

    /// All of it.
    async fn rules(&self, user: UserId, now: Timestamp) -> PortResult<Rules>;
}
