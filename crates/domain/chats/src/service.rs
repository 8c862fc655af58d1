//! The use cases of the chats domain, one file each.

mod change_message;
mod chats;
mod delete;
mod edit;
mod forward;
mod history;
mod open_direct;
mod overview;
mod pin;
mod presence;
mod react;
mod read;
mod send;

pub use change_message::{ChangeMessageError, OnMessage};
pub use chats::{ChatLimits, ChatPorts, Chats};
pub use forward::{ForwardError, ForwardMessage};
pub use history::{ReadLogError, ReadMessages};
pub use open_direct::OpenDirectError;
pub use overview::OverviewError;
pub use presence::Presences;
pub use read::{CursorError, MessageReceipts};
pub use send::{SendError, SendMessage};
