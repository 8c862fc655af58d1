use kabar_kernel::{Timestamp, UserId};

/// Whether somebody is there, as one of those who may know sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Whether a device of theirs is connected.
    pub online: bool,
    /// When the last one went; `None` while one is connected, when none ever was, and for whoever
    /// may not know, which is not told apart.
    pub last_seen_at: Option<Timestamp>,
}

impl Presence {
    /// What whoever may not know is told, and of whom nothing is known.
    pub const fn unknown(user: UserId) -> Self {
        Self { user, online: false, last_seen_at: None }
    }
}
