use std::{fmt, str::FromStr};

use kabar_kernel::Timestamp;

/// How much of what happens in a conversation a user wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing, and nothing of it stands in the inbox.
    None,
    /// What calls them, by name or with everybody, replies to their messages, and changes of their
    /// membership. What a group has unless its member says otherwise.
    Mentions,
    /// Every message of others. What a direct conversation has unless its member says otherwise.
    All,
}

/// The text names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a level: all, mentions or none")]
pub struct UnknownLevel;

impl Level {
    /// The level's name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        match text {
            "all" => Ok(Self::All),
            "mentions" => Ok(Self::Mentions),
            "none" => Ok(Self::None),
            _ => Err(UnknownLevel),
        }
    }
}

/// What a member decided for one conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The level; `None` for the one that its kind of conversation has by itself.
    pub level: Option<Level>,
    /// Until when the conversation is mute: nothing of it is told, and the inbox still keeps it.
    pub muted_until: Option<Timestamp>,
}

impl Preferences {
    /// The level that holds, in a direct conversation or in a group.
    pub fn level(&self, is_direct: bool) -> Level {
        self.level.unwrap_or(if is_direct { Level::All } else { Level::Mentions })
    }

    /// Whether nothing was decided, or nothing that still holds.
    pub fn is_default(&self, now: Timestamp) -> bool {
        self.level.is_none() && self.muted_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_by_the_name_it_is_written_with() {
        for level in [Level::None, Level::Mentions, Level::All] {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        for other in ["", "All", "everything", "mentions "] {
            assert_eq!(other.parse::<Level>(), Err(UnknownLevel), "{other}");
        }
    }

    #[test]
    fn a_mute_that_is_over_is_no_decision() {
        let now = Timestamp::from_millis(1000);
        let until = |millis| Some(Timestamp::from_millis(millis));
        for (level, muted_until, is_default) in [
            (None, None, true),
            (None, until(1000), true),
            (None, until(1001), false),
            (Some(Level::Mentions), None, false),
            (Some(Level::All), until(999), false),
        ] {
            let preferences = Preferences { level, muted_until };
            assert_eq!(preferences.is_default(now), is_default, "{preferences:?}");
        }
    }
}
