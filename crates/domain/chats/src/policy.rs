//! Who may do what in a conversation: pure functions.

use kabar_kernel::RosterVersion;

use crate::Standing;

/// Whether one may post, and against which roster that was decided. Every member may, in every kind
/// of conversation; `None` stands for whoever is not a member.
pub fn may_post(standing: Option<Standing>) -> Option<RosterVersion> {
    standing.map(|standing| standing.roster)
}
