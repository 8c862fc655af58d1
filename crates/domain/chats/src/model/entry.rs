use kabar_kernel::{ConversationId, Pos, Role, Timestamp, UserId};

use super::Message;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message was posted.
    MessagePosted(Message),
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
