//! Who may do what in a conversation: pure functions.

use crate::Standing;

/// Whether a member may post. Every member may, in every kind of conversation.
///
/// `None` stands for whoever is not a member.
pub const fn may_post(standing: Option<&Standing>) -> bool {
    standing.is_some()
}
