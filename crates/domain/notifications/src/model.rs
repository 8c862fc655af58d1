//! The values of the notifications domain. A value that exists is valid.

mod level;
mod notification;
mod quiet_hours;
mod rules;

pub use level::{Level, Preferences, UnknownLevel};
pub use notification::{
    About, Concern, INBOX_CAP, InboxCursor, Notification, NotificationId, Quoted,
};
pub use quiet_hours::{InvalidQuietHours, MinuteOfDay, QuietHours};
pub use rules::Rules;
