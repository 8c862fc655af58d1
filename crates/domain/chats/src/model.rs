//! The values of the chats domain. A value that exists is valid.

mod client_id;
mod conversation;
mod cursor;
mod entry;
mod message;

pub use client_id::{ClientId, InvalidClientId};
pub use conversation::{
    ActivityCursor, Conversation, ConversationKind, ConversationState, RosterMember, Standing,
    UNREAD_CAP,
};
pub use cursor::Cursor;
pub use entry::{Entry, Event};
pub use message::{InvalidMessageBody, Message, MessageBody, Window};
