use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Cursor, Id, PageLimit, Pos, Role, Seq, Time};

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation {
    /// Its id; a group has the id of its conversation.
    pub id: Id,
    /// What kind.
    pub kind: ConversationKind,
    /// The group's name; absent from a direct conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Climbing on Sunday")]
    pub name: Option<String>,
    /// The reader's own role.
    pub role: Role,
    /// The position of its last entry.
    pub head: Pos,
    /// The number of its last message.
    pub last_seq: Seq,
    /// Up to which message the reader has read.
    pub read_seq: Seq,
    /// Messages of others after that, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 3)]
    pub unread: u32,
    /// How many members it has.
    #[schema(minimum = 1, example = 2)]
    pub member_count: u32,
    /// Its first members in the order they joined, at most 100; the rest is paged from the group.
    #[schema(max_items = 100)]
    pub members: Vec<RosterMember>,
    /// When it was made.
    pub created_at: Time,
    /// When its last entry was written, or when it was made.
    pub active_at: Time,
}

/// What kind of conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Two people, or one with oneself; its roster never changes.
    Direct,
    /// A group with a roster, roles and a name.
    Group,
}

/// A member, as others see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterMember {
    /// Who.
    pub user_id: Id,
    /// As what.
    pub role: Role,
}

/// With whom to open a direct conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDirect {
    /// The other one, or oneself.
    #[garde(skip)]
    pub user_id: Id,
}

/// Which part of one's conversations to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConversations {
    /// `next` of the page before.
    #[garde(skip)]
    pub after: Option<Cursor>,
    /// How many at most: 1 to 100, 50 when not given.
    #[garde(skip)]
    pub limit: Option<PageLimit>,
}

/// Conversations, the latest active first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationPage {
    /// The conversations.
    pub items: Vec<Conversation>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they go on; absent when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<Cursor>,
}

/// How far one has read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// The last message read. A cursor never goes back, and never past the last message.
    #[garde(skip)]
    pub seq: Seq,
}

/// Where a reader's cursor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadCursor {
    /// In which conversation.
    pub conversation_id: Id,
    /// The last message read.
    pub read_seq: Seq,
    /// Messages of others after that, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub unread: u32,
}
