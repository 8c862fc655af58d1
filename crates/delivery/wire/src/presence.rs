use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Id, Time};

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presence {
    /// Who.
    pub user_id: Id,
    /// Whether a device of theirs is connected.
    pub online: bool,
    /// When the last one went; `null` while one is connected, when none ever was, and when one may not
    /// know, which is not told apart.
    #[schema(required = true)]
    pub last_seen_at: Option<Time>,
}

/// What one shows of oneself to those who share a conversation with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Privacy {
    /// How far one has received and read.
    pub receipts: bool,
    /// That one is typing.
    pub typing: bool,
    /// Whether one is there, and when one last was.
    pub presence: bool,
}

/// What to change of what one shows; what is absent or `null` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"receipts": false}))]
pub struct ChangePrivacy {
    /// How far one has received and read.
    #[garde(skip)]
    pub receipts: Option<bool>,
    /// That one is typing.
    #[garde(skip)]
    pub typing: Option<bool>,
    /// Whether one is there, and when one last was.
    #[garde(skip)]
    pub presence: Option<bool>,
}
