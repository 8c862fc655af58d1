//! What no text that people write may contain.
//!
//! Names refuse control characters and the bidirectional formatting characters (Unicode UAX #9),
//! with which a name can pretend to be another; longer texts may have line breaks and tabs and
//! need the bidirectional marks of right-to-left scripts, but not the overrides.

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFlaw {
    /// Nothing but white space, or nothing at all.
    #[error("must not be empty")]
    Empty,
    /// More bytes of UTF-8 than the limit.
    #[error("must be at most {limit} bytes long")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A control character such as NUL, or a character that reverses the direction of writing.
    #[error("must not contain control characters or direction overrides")]
    Forbidden,
}

const fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

const fn invisible_in_names(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{2060}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// Checks a text of one line, such as a name: 1 to `limit` bytes, not only white space, no control,
/// invisible or bidirectional formatting characters.
///
/// # Errors
/// The first flaw found.
pub fn check_line(text: &str, limit: usize) -> Result<(), TextFlaw> {
    check(text, limit, |c| c.is_control() || overrides_direction(c) || invisible_in_names(c))
}

/// Checks a text of any number of lines, such as a message: 1 to `limit` bytes, not only white
/// space, no control characters but line feed, carriage return and tab, no direction overrides.
///
/// # Errors
/// The first flaw found.
pub fn check_block(text: &str, limit: usize) -> Result<(), TextFlaw> {
    check(text, limit, |c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || overrides_direction(c)
    })
}

fn check(text: &str, limit: usize, forbidden: impl Fn(char) -> bool) -> Result<(), TextFlaw> {
    if text.len() > limit {
        return Err(TextFlaw::TooLong { limit });
    }
    if text.chars().any(forbidden) {
        return Err(TextFlaw::Forbidden);
    }
    if text.trim().is_empty() { Err(TextFlaw::Empty) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_refuse_what_can_deceive() {
        assert_eq!(check_line("Ayu Lestari 🌺", 64), Ok(()));
        for deceitful in ["a\0b", "a\nb", "ab\u{202E}c", "a\u{200B}b", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(check_line(deceitful, 64), Err(TextFlaw::Forbidden), "{deceitful:?}");
        }
        assert_eq!(check_line("  ", 64), Err(TextFlaw::Empty));
        assert_eq!(check_line("abc", 2), Err(TextFlaw::TooLong { limit: 2 }));
    }

    #[test]
    fn messages_may_have_lines_but_no_nul() {
        assert_eq!(check_block("one\r\n\ttwo\u{200F}", 64), Ok(()));
        assert_eq!(check_block("a\0b", 64), Err(TextFlaw::Forbidden));
        assert_eq!(check_block("a\u{2067}b", 64), Err(TextFlaw::Forbidden));
        assert_eq!(check_block("\n", 64), Err(TextFlaw::Empty));
    }
}
