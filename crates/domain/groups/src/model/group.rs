use kabar_kernel::{ConversationId, Role, Timestamp, UserId};

use super::{GroupDescription, GroupName};

/// A group as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id of the group and of its conversation.
    pub id: ConversationId,
    /// Its name.
    pub name: GroupName,
    /// What it is about.
    pub description: GroupDescription,
    /// When it was made.
    pub created_at: Timestamp,
    /// How many members it has.
    pub member_count: u32,
    /// The reader's own role.
    pub role: Role,
}

/// A group that shall be made. Whoever makes it becomes its owner and first member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// The id it shall have.
    pub id: ConversationId,
    /// Its name.
    pub name: GroupName,
    /// What it is about.
    pub description: GroupDescription,
    /// Its first members besides the owner, each once, without the owner.
    pub members: Vec<UserId>,
}

/// What to change of a group; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// The new name.
    pub name: Option<GroupName>,
    /// The new description.
    pub description: Option<GroupDescription>,
}
