use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Conversation, Cursor, Id, PageLimit, Time};

/// What a member may do, least first: `member` reads and writes, `moderator` removes members besides,
/// `admin` changes the group, adds members and gives roles below its own, `owner` does everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Removes members besides.
    Moderator,
    /// Changes the group, adds members and gives roles below its own besides.
    Admin,
    /// Everything.
    Owner,
}

/// A group as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Group {
    /// Its id, which is the id of its conversation.
    pub id: Id,
    /// Its name.
    #[schema(min_length = 1, max_length = 256, example = "Climbing on Sunday")]
    pub name: String,
    /// What it is about, possibly empty.
    #[schema(max_length = 2048, example = "Ropes are brought by Ayu")]
    pub description: String,
    /// The reader's own role.
    pub role: Role,
    /// How many members it has.
    #[schema(minimum = 1, example = 3)]
    pub member_count: u32,
    /// When it was made.
    pub created_at: Time,
    /// The conversation.
    pub conversation: Conversation,
}

/// A group to make. Whoever makes it becomes its owner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Climbing on Sunday",
    "description": "Ropes are brought by Ayu"
}))]
pub struct CreateGroup {
    /// Its name: 1 to 256 bytes of one line.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256, example = "Climbing on Sunday")]
    pub name: String,
    /// What it is about: at most 2 048 bytes.
    #[garde(length(bytes, max = 2048))]
    #[schema(max_length = 2048, example = "Ropes are brought by Ayu")]
    pub description: Option<String>,
    /// Its first members besides oneself, at most 1 000.
    #[garde(skip)]
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub member_ids: Vec<Id>,
}

/// What to change of a group; what is absent or `null` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGroup {
    /// The new name: 1 to 256 bytes of one line.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256, example = "Climbing on Saturday")]
    pub name: Option<String>,
    /// The new description: at most 2 048 bytes.
    #[garde(length(bytes, max = 2048))]
    #[schema(max_length = 2048, example = "Ropes are brought by Budi")]
    pub description: Option<String>,
}

/// A member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Member {
    /// Who.
    pub user_id: Id,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Time,
}

/// Which part of a group's members to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMembers {
    /// `next` of the page before.
    #[garde(skip)]
    pub after: Option<Cursor>,
    /// How many at most: 1 to 100, 50 when not given.
    #[garde(skip)]
    pub limit: Option<PageLimit>,
}

/// Members in the order they joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberPage {
    /// The members.
    pub items: Vec<Member>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they go on; absent when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<Cursor>,
}

/// Whom to add to a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMembers {
    /// The users, 1 to 1 000; repetitions are ignored.
    #[garde(length(min = 1))]
    #[schema(min_items = 1, max_items = 1000)]
    pub user_ids: Vec<Id>,
}

/// Who became a member and who was one already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AddedMembers {
    /// Members since this call.
    pub added: Vec<Id>,
    /// Members before it.
    pub already: Vec<Id>,
}

/// A role to give.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    /// The new role.
    #[garde(skip)]
    pub role: Role,
}
