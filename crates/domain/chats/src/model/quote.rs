use std::fmt;

use kabar_kernel::{MessageId, Seq, Timestamp, UserId};

use super::Message;

/// A message as another one shows it: what a reply answers, what a notification is about. Resolved
/// when it is read, so that it never shows what was edited away or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Which message.
    pub id: MessageId,
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub author: UserId,
    /// How it begins; empty once it is deleted.
    pub excerpt: Excerpt,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

impl Quote {
    /// A message as another one shows it.
    pub fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            seq: message.seq,
            author: message.author,
            excerpt: Excerpt::of(message.body.as_str()),
            edited_at: message.edited_at,
            deleted_at: message.deleted_at,
        }
    }
}

/// How a text begins: its first 200 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// Most characters (Unicode scalar values).
    pub const MAX_CHARS: usize = 200;

    /// The beginning of a text.
    pub fn of(text: &str) -> Self {
        let end = text.char_indices().nth(Self::MAX_CHARS).map_or(text.len(), |(at, _)| at);
        Self(text.get(..end).unwrap_or(text).to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows the length only: what people write does not belong into a log.
impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Excerpt({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(Excerpt::of("pagi").as_str(), "pagi");
        let long = "é".repeat(201);
        assert_eq!(Excerpt::of(&long).as_str(), "é".repeat(200));
        assert_eq!(Excerpt::of(&"é".repeat(200)).as_str(), "é".repeat(200));
    }
}
