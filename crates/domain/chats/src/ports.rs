//! What the chats domain asks of the outside.

mod connected;
mod conversation_store;
mod cursor_store;
mod live_feed;
mod log_store;
mod message_tx;
mod people;
mod presence_store;
mod roster;

pub use connected::Connected;
pub use conversation_store::{ConversationStore, Opened};
pub use cursor_store::{Audience, CursorStore};
pub use live_feed::LiveFeed;
pub use log_store::{Append, Appended, LogStore, MessagePage, NewMessage, ReplyTo};
pub use message_tx::MessageTx;
pub use people::People;
pub use presence_store::{PresenceStore, Seen};
pub use roster::Roster;

#[cfg(feature = "mock")]
pub use self::{
    connected::MockConnected, conversation_store::MockConversationStore,
    cursor_store::MockCursorStore, live_feed::MockLiveFeed, log_store::MockLogStore,
    message_tx::MockMessageTx, people::MockPeople, presence_store::MockPresenceStore,
    roster::MockRoster,
};
