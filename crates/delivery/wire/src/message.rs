use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Id, PageLimit, Pos, Seq, Time};

/// A message.
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
    /// What it says.
    #[schema(min_length = 1, max_length = 16384, example = "Selamat pagi!")]
    pub body: String,
    /// The message of the same conversation it answers; `null` when it answers none.
    #[schema(required = true)]
    pub reply_to: Option<Id>,
    /// When it was posted.
    pub created_at: Time,
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
}
