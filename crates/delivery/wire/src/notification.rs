use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Cursor, Id, PageLimit, Pos, Role, Seq, Time};

/// Something that concerns the user: as it happens (then without `message.body`, which its `entry`
/// brings), and in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notification {
    /// Names it: `<conversation>:<pos>` of the entry it is about.
    #[schema(max_length = 64, example = "0198c0de-0000-7000-8000-000000000001:17")]
    pub id: String,
    /// Why it concerns the user.
    pub kind: Concern,
    /// In which conversation.
    pub conversation_id: Id,
    /// The position of the entry it is about.
    pub pos: Pos,
    /// Who did it.
    pub by: Id,
    /// When.
    pub at: Time,
    /// The message it is about; absent from one about a membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<NotifiedMessage>,
    /// How many messages of a direct conversation wait, counted up to 1 000; absent elsewhere, and as
    /// it happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 1000, example = 3)]
    pub unread: Option<u32>,
    /// The user's role; absent unless it is about a membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub role: Option<Role>,
    /// Whether the user has seen it; absent as it happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub read: Option<bool>,
}

/// The message that a notification is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotifiedMessage {
    /// Its id.
    pub id: Id,
    /// Its number.
    pub seq: Seq,
    /// How it begins, at most 200 characters, as it is now; absent as it happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "Selamat pagi!")]
    pub body: Option<String>,
}

/// Why something concerns a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum Concern {
    /// A message in a direct conversation, or, by one's own wish (level `all`), in a group.
    #[serde(rename = "message")]
    Message,
    /// A message calls them by name.
    #[serde(rename = "mention")]
    Mention,
    /// A message calls everybody.
    #[serde(rename = "mention_all")]
    MentionAll,
    /// A message answers one of theirs.
    #[serde(rename = "reply")]
    Reply,
    /// They were made a member of a group.
    #[serde(rename = "group.joined")]
    Joined,
    /// They got another role in a group.
    #[serde(rename = "group.role_changed")]
    RoleChanged,
}

/// Which part of the inbox to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotifications {
    /// `next` of the page before.
    #[garde(skip)]
    pub after: Option<Cursor>,
    /// `unread` leaves out what was seen.
    #[garde(skip)]
    pub only: Option<OnlyUnread>,
    /// How many at most: 1 to 100, 50 when not given.
    #[garde(skip)]
    pub limit: Option<PageLimit>,
}

/// What to leave out of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlyUnread {
    /// What was seen.
    Unread,
}

/// Notifications, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotificationPage {
    /// The notifications.
    pub items: Vec<Notification>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they go on; absent when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<Cursor>,
    /// How many of the whole inbox are unread, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 3)]
    pub unread: u32,
}

/// Which notifications were seen. Those of direct conversations are seen by reading the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["0198c0de-0000-7000-8000-000000000001:17"]}))]
pub struct MarkNotifications {
    /// Their ids, 1 to 100; all there are when absent.
    #[garde(inner(length(min = 1, max = 100), inner(length(bytes, max = 64))))]
    #[schema(min_items = 1, max_items = 100)]
    pub ids: Option<Vec<String>>,
}

/// How many notifications are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnreadNotifications {
    /// How many of the inbox are unread, counted up to 1 000.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub unread: u32,
}

/// When one wants to be left alone: every day, by the clock in one's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"time_zone": "Asia/Jakarta", "from": "22:00", "to": "07:00"}))]
pub struct QuietHours {
    /// A time zone of the IANA database.
    #[garde(length(bytes, min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "Asia/Jakarta")]
    pub time_zone: String,
    /// When they begin, `HH:MM`.
    #[garde(length(bytes, min = 5, max = 5))]
    #[schema(
        min_length = 5,
        max_length = 5,
        pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        example = "22:00"
    )]
    pub from: String,
    /// When they end, `HH:MM`; past midnight when that is earlier.
    #[garde(length(bytes, min = 5, max = 5))]
    #[schema(
        min_length = 5,
        max_length = 5,
        pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        example = "07:00"
    )]
    pub to: String,
}

/// When one wants to be told of what concerns one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotificationSettings {
    /// When not; `null` when at any time.
    #[schema(required = true)]
    pub quiet_hours: Option<QuietHours>,
}

/// When one wants to be told of what concerns one; replaces what was set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quiet_hours": {"time_zone": "Asia/Jakarta", "from": "22:00", "to": "07:00"}}))]
pub struct SetNotificationSettings {
    /// When not; `null` when at any time.
    #[garde(dive)]
    pub quiet_hours: Option<QuietHours>,
}
