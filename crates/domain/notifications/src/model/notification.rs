use std::{fmt, str::FromStr};

use kabar_kernel::{ConversationId, InvalidId, MessageId, Pos, Role, Seq, Timestamp, UserId};

/// Unread notifications are counted up to this many.
pub const INBOX_CAP: u32 = 1000;

/// Why something concerns a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// A message in a direct conversation, or, by a user's own wish, in a group.
    Message,
    /// A message calls them by name.
    Mention,
    /// A message calls everybody in its conversation.
    MentionAll,
    /// A message answers one of theirs.
    Reply,
    /// They were made a member of a group.
    Joined,
    /// They got another role in a group.
    RoleChanged,
}

impl Concern {
    /// The concern's name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Mention => "mention",
            Self::MentionAll => "mention_all",
            Self::Reply => "reply",
            Self::Joined => "group.joined",
            Self::RoleChanged => "group.role_changed",
        }
    }
}

/// Names a notification: the entry that it is about. Written `<conversation>:<pos>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotificationId {
    /// In which conversation.
    pub conversation: ConversationId,
    /// At which position of its log.
    pub pos: Pos,
}

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.conversation, self.pos)
    }
}

impl FromStr for NotificationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (conversation, pos) = text.split_once(':').ok_or(InvalidId)?;
        let number: u64 = pos.parse().map_err(|_| InvalidId)?;
        // One spelling: no sign, no leading zero; and no more than the databases hold.
        let valid = number.to_string() == pos && i64::try_from(number).is_ok();
        let conversation = conversation.parse()?;
        if valid { Ok(Self { conversation, pos: Pos::new(number) }) } else { Err(InvalidId) }
    }
}

/// What a notification is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A message, in its present state; the last one of `unread` in a direct conversation.
    Message {
        /// The message.
        message: Quoted,
        /// How many messages of a direct conversation wait; 1 for any other.
        unread: u32,
    },
    /// A membership, with the role that came with it.
    Membership {
        /// The role.
        role: Role,
    },
}

/// A message as the inbox shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Quoted {
    /// Which message.
    pub id: MessageId,
    /// Its number.
    pub seq: Seq,
    /// How it begins, at most 200 characters; empty once it is deleted.
    pub excerpt: String,
}

/// Shows the length only: what people write does not belong into a log.
impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quoted({} #{}, {} bytes)", self.id, self.seq, self.excerpt.len())
    }
}

/// Something that concerns a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Names it, and the entry it is about.
    pub id: NotificationId,
    /// Why it concerns them.
    pub concern: Concern,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub about: About,
    /// Whether they have seen it: marked it so, or read the conversation up to there.
    pub read: bool,
}

/// Where an inbox goes on: after the notification with these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxCursor {
    /// When it was.
    pub at: Timestamp,
    /// Which it was, which decides between equal moments.
    pub id: NotificationId,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_notification_has_one_name() {
        let name = "0198c0de-0000-7000-8000-000000000001:17";
        assert_eq!(name.parse::<NotificationId>().unwrap().to_string(), name);
        for other in [
            "",
            "17",
            "0198c0de-0000-7000-8000-000000000001",
            "0198c0de-0000-7000-8000-000000000001:",
            "0198c0de-0000-7000-8000-000000000001:017",
            "0198c0de-0000-7000-8000-000000000001:+1",
            "0198c0de-0000-7000-8000-000000000001:-1",
            "0198c0de-0000-7000-8000-000000000001:9223372036854775808",
            "0198C0DE-0000-7000-8000-000000000001:17",
        ] {
            assert!(other.parse::<NotificationId>().is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_notification_is_read_by_the_name_it_is_written_with(
            conversation: u128,
            pos in 0_u64..=9_223_372_036_854_775_807,
        ) {
            let conversation = ConversationId::new(Uuid::from_u128(conversation));
            let id = NotificationId { conversation, pos: Pos::new(pos) };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
