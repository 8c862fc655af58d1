use async_trait::async_trait;
use kabar_kernel::{ConversationId, PortResult, UserId};

use crate::Standing;

/// Asks who may do what in a conversation; answered by whoever keeps the rosters.
///
/// # Laws
/// - `standing` is `None` for whoever is not a member, as for an unknown conversation.
/// - It may be cached: what it answers was true at its `roster` version, which is why every write
///   carries that version along and is checked against the present one.
/// - `named` answers one user for each group of spellings: the active account that has the first of
///   them that is a member's username; nothing for a group that names no member, and nobody twice.
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

    /// Which members have these usernames, in the order given; each name as the spellings it may have,
    /// folded, the likeliest first. At most [`Mentions::MAX`](crate::Mentions::MAX) are asked for.
    async fn named(
        &self,
        conversation: ConversationId,
        names: &[Vec<String>],
    ) -> PortResult<Vec<UserId>>;
}
