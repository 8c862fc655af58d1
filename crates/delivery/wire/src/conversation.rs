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
    /// Up to which message the reader's devices have received.
    pub delivered_seq: Seq,
    /// Messages of others after `read_seq` that are not deleted, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 3)]
    pub unread: u32,
    /// Those of them that call the reader, by name or with everybody, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 1)]
    pub mentions: u32,
    /// Whether the reader marked it as unread since they last read in it.
    pub marked_unread: bool,
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

/// How far one's devices have received.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkDelivered {
    /// The last message received. A cursor never goes back, and never past the last message.
    #[garde(skip)]
    pub seq: Seq,
}

/// Where one's own cursor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadCursor {
    /// In which conversation.
    pub conversation_id: Id,
    /// Whose: one's own.
    pub user_id: Id,
    /// The last message read.
    pub read_seq: Seq,
    /// The last message received.
    pub delivered_seq: Seq,
    /// Messages of others after `read_seq` that are not deleted, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub unread: u32,
    /// Those of them that call one, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub mentions: u32,
    /// Whether one marked the conversation as unread since one last read in it.
    pub marked_unread: bool,
}

/// How far another member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// The last message read.
    pub read_seq: Seq,
    /// The last message received.
    pub delivered_seq: Seq,
}

/// How far the other members are who show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptList {
    /// All of them, by user id.
    pub items: Vec<Receipt>,
    /// Always `false`: there are no more than these.
    pub has_more: bool,
}

/// How much one wants to be told of a conversation. Both are replaced.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"level": "mentions", "muted_until": "2026-03-01T18:00:00.000Z"}))]
pub struct SetPreferences {
    /// Of what one is told; `null` or absent for what the kind of conversation has by itself: `all` in
    /// a direct one, `mentions` in a group.
    #[garde(skip)]
    pub level: Option<Level>,
    /// Until when one is told nothing of it; `null` or absent when it is not mute.
    #[garde(skip)]
    pub muted_until: Option<Time>,
}

/// How much one wants to be told of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Preferences {
    /// Of which conversation.
    pub conversation_id: Id,
    /// Of what one is told; `null` for what the kind of conversation has by itself.
    #[schema(required = true)]
    pub level: Option<Level>,
    /// Until when one is told nothing of it; `null` when it is not mute.
    #[schema(required = true)]
    pub muted_until: Option<Time>,
}

/// How much of what happens in a conversation one wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Every message of others.
    All,
    /// Mentions, replies, and changes of one's membership.
    Mentions,
    /// Nothing, not even in the inbox.
    None,
}
