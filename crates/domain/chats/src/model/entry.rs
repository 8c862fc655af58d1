use kabar_kernel::{ConversationId, MessageId, Pos, Role, Seq, Timestamp, UserId};

use super::{Emoji, Mentions, Message};

/// One durable change in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// In which conversation.
    pub conversation: ConversationId,
    /// At which position of its log.
    pub pos: Pos,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: UserId,
    /// What happened.
    pub event: Event,
}

/// What an entry records. Replayed in the present state of what it is about.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every entry posts a message: a box would cost all of them to save on the others"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message was posted.
    MessagePosted(Message),
    /// The text of a message was changed.
    MessageEdited {
        /// The message as it is now, which may be deleted since.
        message: Box<Message>,
        /// Whom this change calls and the text before it did not. Known to who hears of the change
        /// when it is made, and empty in every read of the log.
        newly: Mentions,
    },
    /// A message was deleted; what it said is gone.
    MessageDeleted(MessageRef),
    /// Somebody reacted to a message.
    ReactionAdded(ReactionChange),
    /// Somebody took a reaction back.
    ReactionRemoved(ReactionChange),
    /// A message was pinned.
    MessagePinned(MessageRef),
    /// A message was unpinned.
    MessageUnpinned(MessageRef),
    /// The group was made; whoever made it is its owner and first member.
    GroupCreated {
        /// Its first name.
        name: String,
        /// Its first description, possibly empty.
        description: String,
    },
    /// The group's name or description changed.
    GroupUpdated {
        /// The new name; `None` when it stayed.
        name: Option<String>,
        /// The new description; `None` when it stayed.
        description: Option<String>,
    },
    /// Somebody became a member.
    MemberJoined {
        /// Who.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// A member left.
    MemberLeft {
        /// Who.
        user: UserId,
    },
    /// A member was removed by another.
    MemberRemoved {
        /// Who.
        user: UserId,
    },
    /// A member got another role.
    MemberRoleChanged {
        /// Who.
        user: UserId,
        /// The new role.
        role: Role,
    },
}

/// The message that an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageRef {
    /// Its id.
    pub id: MessageId,
    /// Its number.
    pub seq: Seq,
}

/// A reaction that was added or taken back; by whom says the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReactionChange {
    /// To which message.
    pub message: MessageRef,
    /// With which emoji.
    pub emoji: Emoji,
    /// How many had reacted with it after this change.
    pub count: u32,
}
