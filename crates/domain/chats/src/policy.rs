//! Who may do what in a conversation: pure functions.
//!
//! | | member | moderator, admin, owner | in a direct conversation |
//! |---|---|---|---|
//! | read, post, forward, react | yes | yes | both |
//! | edit a message | its author, within the window | its author, within the window | its author, within the window |
//! | delete a message | its author | anybody's | its author |
//! | pin and unpin | no | yes | both |
//! | call everybody (`@all`) | no | yes | no: there is one other |

use std::time::Duration;

use kabar_kernel::{Role, RosterVersion, Timestamp, UserId};

use crate::{ConversationKind, Message, Standing};

/// Whether one may post, and against which roster that was decided. Every member may, in every kind
/// of conversation; `None` stands for whoever is not a member.
pub fn may_post(standing: Option<Standing>) -> Option<RosterVersion> {
    standing.map(|standing| standing.roster)
}

/// Why a message may not be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRefused {
    /// Somebody else wrote it.
    NotTheAuthor,
    /// It is deleted.
    Deleted,
    /// Its words are somebody else's.
    Forwarded,
    /// It was posted too long ago.
    TooLate,
}

/// Whether a member may change a message's text now. `window` is how long after its posting a message
/// may be edited.
///
/// # Errors
/// [`EditRefused`]
pub fn may_edit(
    actor: UserId,
    message: &Message,
    now: Timestamp,
    window: Duration,
) -> Result<(), EditRefused> {
    if message.author != actor {
        return Err(EditRefused::NotTheAuthor);
    }
    if message.is_deleted() {
        return Err(EditRefused::Deleted);
    }
    if message.forward.is_some() {
        return Err(EditRefused::Forwarded);
    }
    if now.since(message.created_at) > window {
        return Err(EditRefused::TooLate);
    }
    Ok(())
}

/// Whether a member may delete a message for everybody.
pub fn may_delete(standing: Standing, actor: UserId, message: &Message) -> bool {
    message.author == actor || moderates(standing)
}

/// Whether a member may pin and unpin messages.
pub fn may_pin(standing: Standing) -> bool {
    standing.kind == ConversationKind::Direct || moderates(standing)
}

/// Whether a member may call everybody.
pub fn may_call_all(standing: Standing) -> bool {
    moderates(standing)
}

fn moderates(standing: Standing) -> bool {
    standing.kind == ConversationKind::Group && standing.role >= Role::Moderator
}
