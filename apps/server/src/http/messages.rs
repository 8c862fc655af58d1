//! Messages of a conversation.

pub(super) mod list;
pub(super) mod send;
pub(super) mod show;

use kabar_chats::MessageBody;
use kabar_kernel::TextFlaw;

use super::problem::Problem;

/// The longest text of a message in bytes, as the operator decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageLimit(pub(crate) usize);

impl MessageLimit {
    /// The text of a message to send, over HTTP or WebSocket.
    ///
    /// # Errors
    /// It is too long, or no message.
    pub(crate) fn body(self, text: String) -> Result<MessageBody, Problem> {
        if text.len() > self.0 {
            return Err(Problem::flawed("body", &TextFlaw::TooLong { limit: self.0 }));
        }
        MessageBody::parse(text).map_err(|flaw| Problem::flawed("body", &flaw))
    }
}
