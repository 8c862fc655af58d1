use std::fmt;

use kabar_kernel::{TextFlaw, Timestamp, UserId, check_line};

use super::Username;

/// Why a text is not a display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InvalidDisplayName(#[from] pub TextFlaw);

/// The name others see: 1 to 128 bytes in any script, without control, invisible or bidirectional
/// formatting characters. White space at the ends is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Most bytes of UTF-8.
    pub const MAX_BYTES: usize = 128;

    /// Checks a text.
    ///
    /// # Errors
    /// The text is not a display name.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayName> {
        let text = text.trim();
        check_line(text, Self::MAX_BYTES)?;
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Username> for DisplayName {
    fn from(username: &Username) -> Self {
        Self(username.as_str().to_owned())
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, for ever.
    pub id: UserId,
    /// The name it is found by.
    pub username: Username,
    /// The name others see.
    pub display_name: DisplayName,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it may do nothing; `None` while it may.
    pub deactivated_at: Option<Timestamp>,
}

impl User {
    /// Whether the account may log in and be talked to.
    pub const fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// What to change of one's own account; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The new display name.
    pub display_name: Option<DisplayName>,
}
