//! The values of the chats domain. A value that exists is valid.

mod client_id;
mod conversation;
mod cursor;
mod entry;
mod forward;
mod mentions;
mod message;
mod pin;
mod presence;
mod quote;
mod reaction;

pub use client_id::{ClientId, InvalidClientId};
pub use conversation::{
    ActivityCursor, Conversation, ConversationKind, ConversationState, RosterMember, Standing,
    UNREAD_CAP,
};
pub use cursor::{Cursor, MemberReceipt, MovedCursors, Receipt, Receipts};
pub use entry::{Entry, Event, MessageRef, ReactionChange};
pub use forward::Forward;
pub use mentions::{Called, Mentions};
pub use message::{InvalidMessageBody, Message, MessageBody, Window};
pub use pin::Pin;
pub use presence::Presence;
pub use quote::{Excerpt, Quote};
pub use reaction::{Emoji, InvalidEmoji, Reaction};
