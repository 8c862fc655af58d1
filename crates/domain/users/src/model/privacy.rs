/// What a user shows of themselves to those who share a conversation with them. Everything, unless they
/// say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy {
    /// How far they have received and read.
    pub receipts: bool,
    /// That they are typing.
    pub typing: bool,
    /// Whether they are there, and when they last were.
    pub presence: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { receipts: true, typing: true, presence: true }
    }
}

/// What to change of it; `None` leaves as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrivacyChange {
    /// Show how far they have received and read.
    pub receipts: Option<bool>,
    /// Show that they are typing.
    pub typing: Option<bool>,
    /// Show whether they are there.
    pub presence: Option<bool>,
}
