//! The use cases of the notifications domain, one file each.

mod inbox;
mod notifications;
mod settings;

pub use notifications::Notifications;
pub use settings::PreferencesError;
