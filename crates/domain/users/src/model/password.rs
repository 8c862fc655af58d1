use std::fmt;

/// Why a text may not be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Shorter than 8 or longer than 1 024 bytes.
    #[error("must be 8 to 1024 bytes long")]
    Length,
    /// On the list of passwords that everybody tries first.
    #[error("is one of the most common passwords")]
    Common,
}

/// Passwords that everybody tries first, in lower case, one a line; those of at least 8 bytes from
/// the public lists of the most used ones.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password as a person typed it: any UTF-8, 8 to 1 024 bytes (OWASP ASVS 5.0 §6.2), nothing
/// normalised, nothing cut off. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Fewest bytes.
    pub const MIN_BYTES: usize = 8;
    /// Most bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a password that shall be set.
    ///
    /// # Errors
    /// The text may not be a password.
    pub fn choose(text: String) -> Result<Self, InvalidPassword> {
        if !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&text.len()) {
            return Err(InvalidPassword::Length);
        }
        let folded = text.to_lowercase();
        if COMMON.lines().any(|common| common == folded) {
            return Err(InvalidPassword::Common);
        }
        Ok(Self(text))
    }

    /// Takes a password that is only to be compared. One that is too long to be anybody's is `None`.
    pub fn attempt(text: String) -> Option<Self> {
        (text.len() <= Self::MAX_BYTES).then_some(Self(text))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_and_short_and_endless_passwords_are_refused() {
        assert_eq!(Password::choose("short".into()), Err(InvalidPassword::Length));
        assert_eq!(Password::choose("x".repeat(1025)), Err(InvalidPassword::Length));
        assert_eq!(Password::choose("Password123".into()), Err(InvalidPassword::Common));
        assert!(Password::choose("correct horse battery".into()).is_ok());
        assert!(Password::choose("kata sandi 🌺".into()).is_ok());
    }

    #[test]
    fn a_password_is_never_shown() {
        let password = Password::choose("correct horse battery".into());
        assert!(!format!("{password:?}").contains("horse"));
    }

    #[test]
    fn the_list_holds_only_what_could_be_chosen() {
        for common in COMMON.lines() {
            assert!(common.len() >= Password::MIN_BYTES, "{common}");
            assert_eq!(common, common.to_lowercase());
        }
    }
}
