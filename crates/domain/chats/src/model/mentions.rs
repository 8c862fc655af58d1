use kabar_kernel::UserId;

/// Whom a message calls: resolved when it is sent or edited, and stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Members called by name, each once, in the order of the text; at most [`Mentions::MAX`].
    pub users: Vec<UserId>,
    /// Whether everybody in the conversation is called (`@all`, by those who may).
    pub all: bool,
}

impl Mentions {
    /// Most members one message calls by name; further names stay text.
    pub const MAX: usize = 50;

    /// Nobody.
    pub const NONE: Self = Self { users: Vec::new(), all: false };

    /// Whether nobody is called.
    pub const fn is_empty(&self) -> bool {
        self.users.is_empty() && !self.all
    }

    /// Whether this user is called, be it with everybody.
    pub fn calls(&self, user: UserId) -> bool {
        self.all || self.users.contains(&user)
    }

    /// Those called here and not there.
    #[must_use]
    pub fn beyond(&self, before: &Self) -> Self {
        Self {
            users: self.users.iter().copied().filter(|user| !before.users.contains(user)).collect(),
            all: self.all && !before.all,
        }
    }
}

/// The names a text calls, as they may be resolved to members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Called {
    /// Folded names without the `@`, each once, in the order of the text; at most
    /// [`Mentions::MAX`]. A name that ends in punctuation stands here with and without it, the longer
    /// first: `@ayu.` may call `ayu.` or `ayu`.
    pub names: Vec<Vec<String>>,
    /// Whether the text says `@all`.
    pub all: bool,
}

impl Called {
    /// Reads the names in a text: `@` at its beginning or after a character that is no letter, digit
    /// or one of `._-`, then 3 to 32 of `a-z`, `A-Z`, `0-9`, `._-`.
    pub fn in_text(text: &str) -> Self {
        let mut called = Self::default();
        let mut seen: Vec<String> = Vec::new();
        let mut before: Option<char> = None;
        let mut rest = text;
        while let Some(at) = rest.find('@') {
            let (head, tail) = rest.split_at(at);
            before = head.chars().next_back().or(before);
            let tail = tail.get(1..).unwrap_or_default();
            let starts = before.is_none_or(|c| !(c.is_alphanumeric() || is_punctuation(c)));
            let end = tail.find(|c: char| !is_name(c)).unwrap_or(tail.len());
            let (name, after) = tail.split_at(end);
            before = name.chars().next_back().or(Some('@'));
            rest = after;
            // A letter that no name has goes on where the name seems to end.
            let whole = !after.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '@');
            if !(starts && whole) {
                continue;
            }
            let name = name.to_ascii_lowercase();
            if name.trim_end_matches(is_punctuation) == "all" {
                called.all = true;
                continue;
            }
            let spellings = spellings(&name);
            let is_new = spellings.first().is_some_and(|longest| !seen.contains(longest));
            if is_new && called.names.len() < Mentions::MAX {
                seen.extend(spellings.first().cloned());
                called.names.push(spellings);
            }
        }
        called
    }
}

const fn is_punctuation(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || is_punctuation(c)
}

/// The names that this may be: itself and, one after the other, without the punctuation at its end.
fn spellings(name: &str) -> Vec<String> {
    let shortest = name.trim_end_matches(is_punctuation).len().max(3);
    (shortest..=name.len())
        .rev()
        .filter(|length| (3..=32).contains(length))
        // A dot or two ends a sentence; whoever writes more means no name.
        .take(3)
        .filter_map(|length| name.get(..length).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        let called = Called::in_text(text);
        called.names.into_iter().map(|spellings| spellings.join("|")).collect()
    }

    #[test]
    fn names_are_found_where_people_write_them() {
        assert_eq!(names("@ayu, (@Bima) and @citra.dewi"), ["ayu", "bima", "citra.dewi"]);
        assert_eq!(names("ask @ayu."), ["ayu.|ayu"]);
        assert_eq!(names("@ayu @AYU"), ["ayu"]);
        assert!(names("mail ayu@example.com, a@b, @ab, ayu @, @ayü, @@ayu").is_empty());
        assert!(names(&format!("@{}", "a".repeat(33))).is_empty());
    }

    #[test]
    fn everybody_is_called_by_a_word_of_its_own() {
        assert!(Called::in_text("@all: lunch").all);
        assert!(Called::in_text("lunch, @ALL!").all);
        assert!(!Called::in_text("@allan, mail@all").all);
    }

    #[test]
    fn no_more_names_are_read_than_may_be_called() {
        let text: String = (0..200).map(|n| format!("@user{n} ")).collect();
        assert_eq!(names(&text).len(), Mentions::MAX);
    }

    #[test]
    fn what_an_edit_adds_is_what_was_not_there() {
        let user = |n| UserId::new(uuid::Uuid::from_u128(n));
        let before = Mentions { users: vec![user(1)], all: false };
        let after = Mentions { users: vec![user(1), user(2)], all: true };
        assert_eq!(after.beyond(&before), Mentions { users: vec![user(2)], all: true });
        assert!(before.beyond(&after).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "\\PC{0,200}") {
            Called::in_text(&text);
        }
    }
}
