//! Ids: UUIDs (version 7 where Kabar makes them), one type for each thing they name.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// The text is not a UUID in lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in lower case with hyphens")]
pub struct InvalidId;

/// Parses exactly one spelling, so that an id compares equal as text on every side.
fn parse_canonical(text: &str) -> Result<Uuid, InvalidId> {
    let id = Uuid::try_parse(text).map_err(|_| InvalidId)?;
    let mut buffer = Uuid::encode_buffer();
    if id.hyphenated().encode_lower(&mut buffer) == text { Ok(id) } else { Err(InvalidId) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that names this kind of thing.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself, for storage.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_canonical(text).map(Self)
            }
        }
    };
}

id! {
    /// An account.
    UserId
}
id! {
    /// A conversation, direct or group; a group has the id of its conversation.
    ConversationId
}
id! {
    /// A message, unique over all conversations.
    MessageId
}
id! {
    /// One login of one device.
    SessionId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_an_id_is_accepted() {
        let canonical = "0190a0a0-0000-7000-8000-00000000abcd";
        assert_eq!(canonical.parse::<UserId>().map(|id| id.to_string()), Ok(canonical.to_owned()));
        for other in [
            "0190A0A0-0000-7000-8000-00000000ABCD",
            "0190a0a00000700080000000 0000abcd",
            "0190a0a0000070008000000000abcd00",
            "{0190a0a0-0000-7000-8000-00000000abcd}",
            "urn:uuid:0190a0a0-0000-7000-8000-00000000abcd",
            "",
            "1",
        ] {
            assert_eq!(other.parse::<UserId>(), Err(InvalidId), "{other}");
        }
    }
}
