//! What the notifications domain asks of the outside.

mod inbox_store;
mod notification_feed;
mod preference_store;

pub use inbox_store::{InboxStore, Marked};
pub use notification_feed::NotificationFeed;
pub use preference_store::PreferenceStore;

#[cfg(feature = "mock")]
pub use self::{
    inbox_store::MockInboxStore, notification_feed::MockNotificationFeed,
    preference_store::MockPreferenceStore,
};
