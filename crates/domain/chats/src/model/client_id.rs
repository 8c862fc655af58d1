use std::fmt;

use kabar_kernel::MessageId;

/// The text is not a client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 visible ASCII characters")]
pub struct InvalidClientId;

/// The name a client gives a message before it has an id: 1 to 64 visible ASCII characters, usually
/// a UUID. The same author in the same conversation never makes two messages with one client id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

impl ClientId {
    /// Most characters.
    pub const MAX: usize = 64;

    /// Checks a text.
    ///
    /// # Errors
    /// The text is not a client id.
    pub fn parse(text: String) -> Result<Self, InvalidClientId> {
        let valid =
            (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid { Ok(Self(text)) } else { Err(InvalidClientId) }
    }

    /// The one that the server gives a message whose client named none: the message's id.
    pub fn from_message(id: MessageId) -> Self {
        Self(id.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_short_visible_ascii() {
        assert!(ClientId::parse("0190a0a0-1:retry/2".into()).is_ok());
        for wrong in ["", "a b", "a\0", "é", &"x".repeat(65)] {
            assert_eq!(ClientId::parse(wrong.into()), Err(InvalidClientId), "{wrong:?}");
        }
    }
}
