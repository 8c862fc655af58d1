use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// Why a text is not a username.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// Shorter than 3 or longer than 32 characters.
    #[error("must be 3 to 32 characters long")]
    Length,
    /// A character outside `a-z0-9._-` after folding.
    #[error("may have letters a to z, digits, dot, underscore and hyphen only")]
    Character,
}

/// The name an account is found by: 3 to 32 of `a-z0-9._-`.
///
/// Compatibility forms are normalised (NFKC) and upper case is folded before the check, so `Ａyu`,
/// `AYU` and `ayu` are one name; what is left beyond ASCII is refused, so no name of another script
/// can be mistaken for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// Fewest characters.
    pub const MIN: usize = 3;
    /// Most characters.
    pub const MAX: usize = 32;

    /// Folds and checks a text as a person typed it.
    ///
    /// # Errors
    /// The text is not a username.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        // A text this long cannot become a username; refused before any work is done on it.
        if text.len() > Self::MAX * 8 {
            return Err(InvalidUsername::Length);
        }
        let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
        if !folded.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')) {
            return Err(InvalidUsername::Character);
        }
        if !(Self::MIN..=Self::MAX).contains(&folded.len()) {
            return Err(InvalidUsername::Length);
        }
        Ok(Self(folded))
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for spelling in ["ayu.lestari", "AYU.Lestari", "ＡＹＵ.lestari"] {
            assert_eq!(
                Username::parse(spelling).map(|u| u.to_string()),
                Ok("ayu.lestari".to_owned())
            );
        }
    }

    #[test]
    fn names_of_other_scripts_and_shapes_are_refused() {
        assert_eq!(Username::parse("аyu"), Err(InvalidUsername::Character), "Cyrillic а");
        assert_eq!(Username::parse("a y"), Err(InvalidUsername::Character));
        assert_eq!(Username::parse("ay\0"), Err(InvalidUsername::Character));
        assert_eq!(Username::parse("ay"), Err(InvalidUsername::Length));
        assert_eq!(Username::parse(&"a".repeat(33)), Err(InvalidUsername::Length));
        assert_eq!(Username::parse(&"a".repeat(70_000)), Err(InvalidUsername::Length));
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in "\\PC{0,40}") {
            if let Ok(name) = Username::parse(&text) {
                prop_assert_eq!(Username::parse(name.as_str()), Ok(name));
            }
        }
    }
}
