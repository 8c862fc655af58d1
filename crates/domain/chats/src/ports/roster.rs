use async_trait::async_trait;
use kabar_kernel::{ConversationId, PortResult, UserId};

use crate::Standing;

/// Asks who may do what in a conversation; answered by whoever keeps the rosters.
///
/// # Laws
/// - `standing` is `None` for whoever is not a member, as for an unknown conversation.
/// - It may be cached: what it answers was true at its `roster` version, which is why every write
///   carries that version along and is checked against the present one.
/// - On the node that changed a roster, it answers the new one once the change is committed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Roster: Send + Sync {
    /// What the user is in the conversation.
    async fn standing(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Standing>>;
}
