//! Messages of a conversation, and what is done to them.

pub(super) mod edit;
pub(super) mod forward;
pub(super) mod list;
pub(super) mod react;
pub(super) mod receipts;
pub(super) mod remove;
pub(super) mod send;
pub(super) mod show;
pub(super) mod unreact;

use kabar_chats::{ChangeMessageError, MessageBody};
use kabar_kernel::TextFlaw;

use super::problem::{Problem, ProblemCode};

/// The longest text of a message in bytes, as the operator decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageLimit(pub(crate) usize);

impl MessageLimit {
    /// The text of a message to send or to edit, over HTTP or WebSocket.
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

impl From<ChangeMessageError> for Problem {
    fn from(error: ChangeMessageError) -> Self {
        match error {
            ChangeMessageError::MessageNotFound => Self::new(ProblemCode::ChatMessageNotFound),
            ChangeMessageError::Forbidden => Self::new(ProblemCode::ChatForbidden),
            ChangeMessageError::Deleted => Self::new(ProblemCode::ChatMessageDeleted),
            ChangeMessageError::TooLate => Self::new(ProblemCode::ChatEditWindowOver),
            ChangeMessageError::Forwarded => Self::new(ProblemCode::ChatMessageForwarded),
            ChangeMessageError::TooManyReactions => Self::new(ProblemCode::ChatTooManyReactions),
            ChangeMessageError::TooManyPins => Self::new(ProblemCode::ChatTooManyPins),
            ChangeMessageError::Port(error) => error.into(),
        }
    }
}
