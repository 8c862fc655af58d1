use kabar_groups::Member;
use kabar_kernel::{Pos, Seq, Timestamp};
use kabar_notifications::Preferences;

/// A row of the roster.
#[derive(Clone, Copy)]
pub(crate) struct MemberRow {
    pub(crate) member: Member,
    /// The position of the entry by which they joined: what was called before it concerns nobody who
    /// came by it.
    pub(crate) joined: Pos,
    pub(crate) read_seq: Seq,
    pub(crate) delivered_seq: Seq,
    pub(crate) marked_unread: bool,
    /// When how far they have received or read last moved, which others are shown.
    pub(crate) cursor_at: Option<Timestamp>,
    /// When that moved, or the mark changed, which they alone are shown.
    pub(crate) own_at: Option<Timestamp>,
    pub(crate) preferences: Preferences,
}

impl MemberRow {
    /// A new member has read everything and decided nothing.
    pub(super) fn new(member: Member, joined: Pos, last: Seq) -> Self {
        Self {
            member,
            joined,
            read_seq: last,
            delivered_seq: last,
            marked_unread: false,
            cursor_at: None,
            own_at: None,
            preferences: Preferences::default(),
        }
    }
}
