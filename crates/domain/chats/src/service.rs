//! The use cases of the chats domain, one file each.

mod chats;
mod history;
mod open_direct;
mod overview;
mod read;
mod send;

pub use chats::Chats;
pub use history::{ReadLogError, ReadMessages};
pub use open_direct::OpenDirectError;
pub use overview::OverviewError;
pub use read::MarkReadError;
pub use send::{SendError, SendMessage};
