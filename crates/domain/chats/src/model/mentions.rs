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
    /// Reads the names in a text: `@`, then 3 to 32 of `a-z`, `A-Z`, `0-9`, `._-`.
    ///
    /// No name begins after a letter, a digit, one of `._-` or another `@`, as in `ayu@example.com`,
    /// nor at the end of an address, as in `https://example.com/@ayu`; and none ends before a letter,
    /// a digit or another `@`. Letters without case, such as those of Chinese, Japanese and Thai, do
    /// neither: they are written without spaces, and no name has them.
    ///
    /// Takes time in proportion to the text, whatever it is.
    pub fn in_text(text: &str) -> Self {
        let mut called = Self::default();
        let mut before: Option<char> = None;
        let mut rest = text;
        while let Some(at) = rest.find('@') {
            let (head, tail) = rest.split_at(at);
            let tail = tail.get(1..).unwrap_or_default();
            let end = tail.find(|c: char| !is_name(c)).unwrap_or(tail.len());
            let (name, after) = tail.split_at(end);
            before = head.chars().next_back().or(before);
            let starts = !before.is_some_and(|c| is_word(c) || is_punctuation(c) || c == '@');
            let ends = !after.chars().next().is_some_and(|c| is_word(c) || c == '@');
            if starts && ends && !is_address(head) {
                called.add(name);
            }
            before = name.chars().next_back().or(Some('@'));
            rest = after;
        }
        called
    }

    fn add(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if name.trim_end_matches(is_punctuation) == "all" {
            self.all = true;
            return;
        }
        let spellings = spellings(&name);
        let is_new = !self.names.iter().any(|others| others.first() == spellings.first());
        if is_new && !spellings.is_empty() && self.names.len() < Mentions::MAX {
            self.names.push(spellings);
        }
    }
}

const fn is_punctuation(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || is_punctuation(c)
}

/// Whether a word goes on here, though it be one that no name is: `@ayuе` with a Cyrillic letter, or
/// an accent as a character of its own, calls nobody.
fn is_word(c: char) -> bool {
    let is_accent = matches!(c, '\u{300}'..='\u{36F}');
    c.is_lowercase() || c.is_uppercase() || c.is_numeric() || is_accent
}

/// Whether the text up to an `@` is the beginning of an address. In `@ayu/@bima` it is none: between
/// the two names there is nothing but the stroke.
fn is_address(head: &str) -> bool {
    let path = head.strip_suffix('/');
    path.and_then(|path| path.chars().next_back()).is_some_and(|c| !c.is_whitespace())
}

/// The names that this may be: itself, without the last and the last two of the punctuation at its
/// end, and without all of it.
fn spellings(name: &str) -> Vec<String> {
    let bare = name.trim_end_matches(is_punctuation).len();
    let longest = (bare..=name.len()).rev().take(3);
    let bare = (bare + 3 <= name.len()).then_some(bare);
    longest
        .chain(bare)
        .filter(|length| (3..=32).contains(length))
        .filter_map(|length| name.get(..length).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        let called = Called::in_text(text);
        called.names.into_iter().map(|spellings| spellings.join("|")).collect()
    }

    fn user(n: u128) -> UserId {
        UserId::new(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn names_are_found_where_people_write_them() {
        assert_eq!(names("@ayu, (@Bima) and @citra.dewi"), ["ayu", "bima", "citra.dewi"]);
        assert_eq!(names("\n@ayu\t@bima:@citra"), ["ayu", "bima", "citra"]);
        assert_eq!(names("@ayu/@bima"), ["ayu", "bima"]);
        assert_eq!(names("*@ayu* \"@bima\" 👋@citra👋"), ["ayu", "bima", "citra"]);
        assert_eq!(names("@ayu @AYU @bima @Ayu"), ["ayu", "bima"]);
        assert_eq!(names("@007 @a_b @..."), ["007", "a_b", "..."]);
    }

    #[test]
    fn names_are_found_in_scripts_that_are_written_without_spaces() {
        assert_eq!(names("请@ayu看一下"), ["ayu"]);
        assert_eq!(names("ขอให้@ayuดู"), ["ayu"]);
    }

    #[test]
    fn what_only_looks_like_a_name_calls_nobody() {
        for text in [
            "mail ayu@example.com",
            "ayu.@example.com, a-@example.com",
            "a@bima",
            "é@ayu",
            "e\u{301}@ayu",
            "7@ayu",
            "@ab",
            "ayu @",
            "@ ayu",
            "@@ayu",
            "@@@ayu",
            "@ayu@example.com",
            "@ayu@bima@",
            "@ayü",
            "@ayuе with a Cyrillic letter",
            "@ayu\u{301}",
            "@\u{212a}ayu",
            "＠ayu",
            "@ａｙｕ",
            "https://example.com/@ayu",
            "example.com/watch/@ayu?t=7",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_name_has_3_to_32_characters() {
        let text = |length| format!("@{}", "a".repeat(length));
        for (length, found) in [(2, 0), (3, 1), (32, 1), (33, 0)] {
            assert_eq!(names(&text(length)).len(), found, "{length}");
        }
        // The sentence ends, not the name.
        let (longest, full_stop) = ("a".repeat(32), text(32) + ".");
        assert_eq!(names(&full_stop), [longest]);
    }

    #[test]
    fn punctuation_at_the_end_may_be_of_the_name_or_of_the_sentence() {
        for (text, found) in [
            ("ask @ayu.", "ayu.|ayu"),
            ("ask @ayu.)", "ayu.|ayu"),
            ("@ayu_-", "ayu_-|ayu_|ayu"),
            ("well, @ayu...", "ayu...|ayu..|ayu.|ayu"),
            ("well, @ayu......", "ayu......|ayu.....|ayu....|ayu"),
            ("@ay.", "ay."),
            ("@.ayu", ".ayu"),
            ("@___", "___"),
        ] {
            assert_eq!(names(text), [found], "{text}");
        }
        assert_eq!(names(&format!("@a{}", ".".repeat(40))), [""; 0]);
        assert_eq!(names(&format!("@ayu{}", ".".repeat(40))), ["ayu"]);
    }

    #[test]
    fn everybody_is_called_by_a_word_of_its_own() {
        for text in ["@all: lunch", "lunch, @ALL!", "@all...", "(@All)", "@ayu @all"] {
            assert!(Called::in_text(text).all, "{text}");
        }
        for text in ["@allan", "mail@all", "@all@ayu", "@@all", "@all.ayu", "@-all", "@allé", "all"]
        {
            assert!(!Called::in_text(text).all, "{text}");
        }
        assert_eq!(names("@all @all."), [""; 0], "it is no name besides");
    }

    #[test]
    fn no_more_names_are_read_than_may_be_called() {
        let text: String = (0..200).map(|n| format!("@user{n} ")).collect();
        let called = Called::in_text(&(text + "@all"));
        assert_eq!(called.names.len(), Mentions::MAX);
        assert_eq!(called.names.last().unwrap(), &["user49"]);
        assert!(called.all, "and everybody still is");
    }

    #[test]
    fn as_many_signs_as_a_message_holds_call_nobody() {
        for text in ["@", "@a", "a@", "@.", "@@a", "/@"] {
            assert_eq!(names(&text.repeat(8192)), [""; 0], "{text}");
        }
        assert_eq!(names(&"@ayu.".repeat(3000)), [""; 0]);
        assert_eq!(names(&"@ayu,".repeat(3000)), ["ayu"]);
    }

    #[test]
    fn what_an_edit_adds_is_what_was_not_there() {
        let before = Mentions { users: vec![user(1)], all: false };
        let after = Mentions { users: vec![user(1), user(2)], all: true };
        assert_eq!(after.beyond(&before), Mentions { users: vec![user(2)], all: true });
        assert!(before.beyond(&after).is_empty());
    }

    #[test]
    fn a_call_of_everybody_calls_each() {
        let all = Mentions { users: vec![], all: true };
        let one = Mentions { users: vec![user(1)], all: false };
        assert!(all.calls(user(2)) && one.calls(user(1)));
        assert!(!one.calls(user(2)) && !Mentions::NONE.calls(user(1)));
        assert!(Mentions::NONE.is_empty() && !all.is_empty() && !one.is_empty());
    }

    /// The rule as it is told, one `@` after the other, with no thought of how long it takes.
    fn by_the_book(text: &str) -> (Vec<String>, bool) {
        let text: Vec<char> = text.chars().collect();
        let (mut found, mut all) = (Vec::new(), false);
        for at in (0..text.len()).filter(|&at| text[at] == '@') {
            let name: String = text[at + 1..].iter().take_while(|c| is_name(**c)).collect();
            let before = &text[..at];
            let after = text.get(at + 1 + name.len());
            let blocks = |c: &char| is_word(*c) || *c == '@';
            // The stroke stands between two names when a name, and its `@`, stands before it.
            let is_path = || match before.split_last() {
                Some(('/', path)) => {
                    let name = path.iter().rev().take_while(|c| is_name(**c)).count();
                    let follows_name = path.len().checked_sub(name + 1).map(|at| path[at]);
                    follows_name != Some('@') && path.last().is_some_and(|c| !c.is_whitespace())
                }
                _ => false,
            };
            let starts = !before.last().is_some_and(|c| blocks(c) || is_punctuation(*c));
            if !starts || is_path() || after.is_some_and(blocks) {
                continue;
            }
            let name = name.to_lowercase();
            if name.trim_end_matches(is_punctuation) == "all" {
                all = true;
            } else if !spellings(&name).is_empty() && !found.contains(&spellings(&name).join("|")) {
                found.push(spellings(&name).join("|"));
            }
        }
        found.truncate(Mentions::MAX);
        (found, all)
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "\\PC{0,200}") {
            Called::in_text(&text);
        }

        #[test]
        fn names_are_read_by_the_book(text in "(@|@|@all|[a-c]|[A-B]|ayu|[._-]|[ /,]|[é看７\u{301}]){0,60}") {
            let called = Called::in_text(&text);
            let found: Vec<_> = called.names.iter().map(|spellings| spellings.join("|")).collect();
            prop_assert_eq!((found, called.all), by_the_book(&text));
        }

        #[test]
        fn every_spelling_is_a_name_that_stands_in_the_text(text in "(@|@|[a-cA-C0-9._-]|[ /é]){0,200}") {
            let called = Called::in_text(&text);
            let folded = text.to_ascii_lowercase();
            prop_assert!(called.names.len() <= Mentions::MAX);
            let longest: HashSet<_> = called.names.iter().map(|spellings| &spellings[0]).collect();
            prop_assert_eq!(longest.len(), called.names.len(), "each once");
            for spelling in called.names.iter().flatten() {
                prop_assert!((3..=32).contains(&spelling.len()) && spelling.chars().all(is_name));
                let named = format!("@{}", spelling);
                prop_assert!(folded.contains(&named), "{}", spelling);
            }
        }
    }
}
