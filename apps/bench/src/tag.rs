//! The `client_id` of every message that the generator sends.

/// What tells the messages of one run from all others: 8 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId(u32);

impl RunId {
    /// A new one, at random.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().as_fields().0)
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The name of a message within a run: who sent it, as which of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    /// Number of the sender within its conversation.
    pub sender: u16,
    /// 0, 1, 2 … for each sender.
    pub counter: u32,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.sender, self.counter)
    }
}

/// A message's name and when it was due, as they travel in its `client_id`: whoever receives it can
/// check and time it without asking whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// The run.
    pub run: RunId,
    /// The message.
    pub name: Name,
    /// When it was due, in ns of the run's clock; below 2^48, which is three days.
    pub due: u64,
}

/// Characters of a tag: four hexadecimal numbers and the hyphens between them.
pub const TAG_CHARS: usize = 8 + 1 + 4 + 1 + 8 + 1 + 12;

impl Tag {
    /// Appends the tag's text.
    pub fn write(&self, out: &mut Vec<u8>) {
        push_hex(out, u64::from(self.run.0), 8);
        out.push(b'-');
        push_hex(out, u64::from(self.name.sender), 4);
        out.push(b'-');
        push_hex(out, u64::from(self.name.counter), 8);
        out.push(b'-');
        push_hex(out, self.due, 12);
    }

    /// Reads a tag; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != TAG_CHARS {
            return None;
        }
        let part = |from: usize, to: usize| u64::from_str_radix(text.get(from..to)?, 16).ok();
        Some(Self {
            run: RunId(u32::try_from(part(0, 8)?).ok()?),
            name: Name {
                sender: u16::try_from(part(9, 13)?).ok()?,
                counter: u32::try_from(part(14, 22)?).ok()?,
            },
            due: part(23, 35)?,
        })
    }
}

/// Appends the lowest `digits` hexadecimal digits of a number.
fn push_hex(out: &mut Vec<u8>, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = u8::try_from((value >> (place * 4)) & 15).unwrap_or(0);
        out.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_as_it_was_written() {
        let tag = Tag {
            run: RunId(0x00ab_cdef),
            name: Name { sender: 499, counter: 4_000_000_000 },
            due: (1 << 48) - 1,
        };
        let mut text = Vec::new();
        tag.write(&mut text);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, "00abcdef-01f3-ee6b2800-ffffffffffff");
        assert_eq!(Tag::parse(&text), Some(tag));
    }

    #[test]
    fn other_texts_are_not_tags() {
        assert_eq!(Tag::parse(""), None);
        assert_eq!(Tag::parse("0190a0a0-0000-7000-8000-000000000000"), None);
        assert_eq!(Tag::parse(&"é".repeat(TAG_CHARS / 2)), None);
        assert_eq!(Tag::parse(&"x".repeat(TAG_CHARS)), None);
    }
}
