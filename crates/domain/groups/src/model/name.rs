use std::fmt;

use kabar_kernel::{TextFlaw, check_block, check_line};

/// Why a text is not a name or description of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InvalidGroupText(#[from] pub TextFlaw);

/// The name of a group: 1 to 256 bytes of one line, without control, invisible or bidirectional
/// formatting characters. White space at the ends is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName(String);

impl GroupName {
    /// Most bytes of UTF-8.
    pub const MAX_BYTES: usize = 256;

    /// Checks a text.
    ///
    /// # Errors
    /// The text is not a group's name.
    pub fn parse(text: &str) -> Result<Self, InvalidGroupText> {
        let text = text.trim();
        check_line(text, Self::MAX_BYTES)?;
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a group is about: 0 to 2 048 bytes of any number of lines, without control characters but
/// line breaks and tabs, and without direction overrides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupDescription(String);

impl GroupDescription {
    /// Most bytes of UTF-8.
    pub const MAX_BYTES: usize = 2048;

    /// Checks a text; an empty one is allowed.
    ///
    /// # Errors
    /// The text is not a group's description.
    pub fn parse(text: &str) -> Result<Self, InvalidGroupText> {
        let text = text.trim();
        match check_block(text, Self::MAX_BYTES) {
            Ok(()) | Err(TextFlaw::Empty) => Ok(Self(text.to_owned())),
            Err(flaw) => Err(flaw.into()),
        }
    }

    /// The description.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
