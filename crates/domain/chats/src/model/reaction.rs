use std::fmt;

/// The text is not one emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one emoji")]
pub struct InvalidEmoji;

/// One emoji of those recommended for general interchange (Unicode UTS #51), in its one spelling:
/// fully qualified, so that `❤` and `❤️` are one reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Emoji(&'static str);

impl Emoji {
    /// Looks a text up among the emojis.
    ///
    /// # Errors
    /// It is none, or more than one.
    pub fn parse(text: &str) -> Result<Self, InvalidEmoji> {
        // Some keyboards end every emoji with the selector of its presentation (U+FE0F).
        let found = emojis::get(text).or_else(|| emojis::get(text.strip_suffix('\u{fe0f}')?));
        found.map(|emoji| Self(emoji.as_str())).ok_or(InvalidEmoji)
    }

    /// The emoji.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How many reacted to a message with one emoji, as one reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaction {
    /// With which.
    pub emoji: Emoji,
    /// How many members.
    pub count: u32,
    /// Whether the reader is one of them.
    pub mine: bool,
}

impl Reaction {
    /// Most different emojis of one message.
    pub const MAX_DISTINCT: u32 = 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_has_one_spelling() {
        assert_eq!(Emoji::parse("❤"), Emoji::parse("❤\u{fe0f}"));
        assert!(Emoji::parse("👍🏽").is_ok());
        assert_eq!(Emoji::parse("👍🏽\u{fe0f}"), Emoji::parse("👍🏽"));
        assert!(Emoji::parse("👩‍👩‍👧‍👦").is_ok());
        assert!(Emoji::parse("🇮🇩").is_ok());
        for other in ["", "a", "👍👍", ":+1:", "1", "👍 ", "🏽x", "\0"] {
            assert_eq!(Emoji::parse(other), Err(InvalidEmoji), "{other:?}");
        }
    }

    #[test]
    fn every_emoji_is_read_back_as_itself() {
        let toned = emojis::iter().filter_map(emojis::Emoji::skin_tones).flatten();
        let all: Vec<&str> = emojis::iter().chain(toned).map(emojis::Emoji::as_str).collect();
        assert!(all.len() > 3000);
        for text in all {
            assert_eq!(Emoji::parse(text).map(Emoji::as_str), Ok(text));
            assert!(text.len() <= 64, "{text} is what a column holds");
        }
    }
}
