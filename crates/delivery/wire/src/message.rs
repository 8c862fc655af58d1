use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Id, PageLimit, Pos, Seq, Time};

/// A message, in its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Message {
    /// Its id, unique over all conversations.
    pub id: Id,
    /// Where it was posted.
    pub conversation_id: Id,
    /// Its number among the conversation's messages.
    pub seq: Seq,
    /// The position of the entry that posted it.
    pub pos: Pos,
    /// Who wrote it.
    pub author_id: Id,
    /// What its author's client called it.
    #[schema(min_length = 1, max_length = 64, example = "5d0f6a2e-retry-safe")]
    pub client_id: String,
    /// What it says; empty once it is deleted.
    #[schema(max_length = 16384, example = "Selamat pagi!")]
    pub body: String,
    /// The message of the same conversation it answers; `null` when it answers none.
    #[schema(required = true)]
    pub reply_to: Option<Id>,
    /// That message as it is now; absent when this one answers none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quote: Option<Quote>,
    /// Where its words come from; absent unless it was forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub forwarded: Option<Forwarded>,
    /// The members it calls by name (`@username`), at most 50.
    #[schema(max_items = 50)]
    pub mentions: Vec<Id>,
    /// `true` when it calls everybody (`@all`); absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub mentions_all: bool,
    /// Its reactions, at most 20, in the order in which each emoji was first used. Always empty in an
    /// entry: there, reactions are entries of their own.
    #[schema(max_items = 20)]
    pub reactions: Vec<Reaction>,
    /// When it was posted.
    pub created_at: Time,
    /// When its text was last changed; `null` when it never was.
    #[schema(required = true)]
    pub edited_at: Option<Time>,
    /// When it was deleted; `null` while it is not. What is deleted has no text, mentions or reactions.
    #[schema(required = true)]
    pub deleted_at: Option<Time>,
}

/// A message as another one shows it: always as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quote {
    /// Its id.
    pub id: Id,
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub author_id: Id,
    /// How it begins: at most 200 characters. Empty once it is deleted.
    #[schema(max_length = 200, example = "Selamat pagi!")]
    pub body: String,
    /// When its text was last changed; `null` when it never was.
    #[schema(required = true)]
    pub edited_at: Option<Time>,
    /// When it was deleted; `null` while it is not.
    #[schema(required = true)]
    pub deleted_at: Option<Time>,
}

/// Who wrote the words of a forwarded message, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Forwarded {
    /// Who wrote them first.
    pub author_id: Id,
    /// When they were first posted.
    pub created_at: Time,
}

/// How many reacted with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reaction {
    /// With which.
    #[schema(min_length = 1, max_length = 16, example = "👍")]
    pub emoji: String,
    /// How many members.
    #[schema(minimum = 1, example = 3)]
    pub count: u32,
    /// Whether the reader is one of them.
    pub mine: bool,
}

/// The new text of a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body": "Selamat siang!"}))]
pub struct EditMessage {
    /// What it shall say: 1 to 16 384 bytes of UTF-8, not only white space.
    #[garde(length(bytes, min = 1, max = 16_384))]
    #[schema(min_length = 1, max_length = 16384, example = "Selamat siang!")]
    pub body: String,
}

/// A message to send on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "9a1f0c77-retry-safe",
    "from_conversation_id": "0198c0de-0000-7000-8000-000000000001",
    "message_id": "0198c0de-0000-7000-8000-000000000002"
}))]
pub struct ForwardMessage {
    /// What the client calls the new message, as when sending. The header `Idempotency-Key` says the
    /// same.
    #[garde(length(bytes, min = 1, max = 64))]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[!-~]+$",
        example = "9a1f0c77-retry-safe"
    )]
    pub client_id: Option<String>,
    /// The conversation to take it from; one has to be a member of it.
    #[garde(skip)]
    pub from_conversation_id: Id,
    /// Which message of that.
    #[garde(skip)]
    pub message_id: Id,
}

/// A pinned message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pin {
    /// The message.
    pub message: Message,
    /// Who pinned it.
    pub by: Id,
    /// When.
    pub at: Time,
}

/// Pinned messages, the last pinned first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PinList {
    /// All of them, at most 100.
    #[schema(max_items = 100)]
    pub items: Vec<Pin>,
    /// Always `false`: there are no more than these.
    pub has_more: bool,
}

/// Who has received and read a message, of those who show it, besides its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageReceipts {
    /// Who has read it.
    pub read: Vec<Id>,
    /// Who has received it and not read it yet.
    pub delivered: Vec<Id>,
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client_id": "5d0f6a2e-retry-safe", "body": "Selamat pagi!"}))]
pub struct SendMessage {
    /// What the client calls the message: 1 to 64 visible ASCII characters, usually a UUID. Sending
    /// the same one to the same conversation again answers the same message, so a client that lost
    /// the answer sends again. The header `Idempotency-Key` says the same.
    #[garde(length(bytes, min = 1, max = 64))]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[!-~]+$",
        example = "5d0f6a2e-retry-safe"
    )]
    pub client_id: Option<String>,
    /// What it says: 1 to 16 384 bytes of UTF-8, not only white space.
    #[garde(length(bytes, min = 1, max = 16_384))]
    #[schema(min_length = 1, max_length = 16384, example = "Selamat pagi!")]
    pub body: String,
    /// The message of the same conversation it answers.
    #[garde(skip)]
    pub reply_to: Option<Id>,
}

/// Which part of the messages to read: at most one of `before`, `after` and `around`; the last
/// messages when none of them is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadMessages {
    /// The messages just before this number, without it.
    #[garde(skip)]
    pub before: Option<Seq>,
    /// The messages just after this number, without it.
    #[garde(skip)]
    pub after: Option<Seq>,
    /// The messages on both sides of this number, and the one with it.
    #[garde(skip)]
    pub around: Option<Seq>,
    /// How many at most: 1 to 100, 50 when not given.
    #[garde(skip)]
    pub limit: Option<PageLimit>,
}

/// Messages in ascending order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<Message>,
    /// Whether there are more in the direction asked for; in either, when `around` was asked for.
    pub has_more: bool,
    /// Whether there are messages before the first one.
    pub has_before: bool,
    /// Whether there are messages after the last one.
    pub has_after: bool,
    /// The position of the conversation's last entry when this was read: the messages show what the
    /// entries up to here did, and nothing of what came after.
    pub head: Pos,
}
