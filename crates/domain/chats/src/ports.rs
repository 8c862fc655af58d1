//! What the chats domain asks of the outside.

mod conversation_store;
mod live_feed;
mod log_store;
mod people;
mod roster;

pub use conversation_store::{ConversationStore, Opened};
pub use live_feed::LiveFeed;
pub use log_store::{Append, Appended, LogStore, MessagePage, NewMessage};
pub use people::People;
pub use roster::Roster;

#[cfg(feature = "mock")]
pub use self::{
    conversation_store::MockConversationStore, live_feed::MockLiveFeed, log_store::MockLogStore,
    people::MockPeople, roster::MockRoster,
};
