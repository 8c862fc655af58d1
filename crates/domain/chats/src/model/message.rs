use std::fmt;

use kabar_kernel::{ConversationId, MessageId, Pos, Seq, TextFlaw, Timestamp, UserId, check_block};

use super::{ClientId, Forward, Mentions, Quote, Reaction};

/// Why a text is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InvalidMessageBody(#[from] pub TextFlaw);

/// The text of a message: 1 to 16 384 bytes of UTF-8 that are not only white space, without control
/// characters but line breaks and tabs, and without direction overrides. Kept as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageBody(String);

impl MessageBody {
    /// Most bytes of UTF-8, whatever the configuration allows: 16 KiB.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Checks a text.
    ///
    /// # Errors
    /// The text is not a message.
    pub fn parse(text: String) -> Result<Self, InvalidMessageBody> {
        check_block(&text, Self::MAX_BYTES)?;
        Ok(Self(text))
    }

    /// What a deleted message says: nothing.
    pub const fn removed() -> Self {
        Self(String::new())
    }

    /// Takes back what a store was given as a body, without checking it again: a limit that is
    /// lowered later must not make history unreadable.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows the length only: what people write does not belong into a log.
impl fmt::Debug for MessageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageBody({} bytes)", self.0.len())
    }
}

/// A message, in its present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, unique over all conversations.
    pub id: MessageId,
    /// Where it was posted.
    pub conversation: ConversationId,
    /// Its number among the conversation's messages.
    pub seq: Seq,
    /// The position of the entry that posted it.
    pub pos: Pos,
    /// Who wrote it.
    pub author: UserId,
    /// What its author's client called it.
    pub client_id: ClientId,
    /// What it says; empty once it is deleted.
    pub body: MessageBody,
    /// The message of the same conversation it answers.
    pub reply_to: Option<MessageId>,
    /// That message as it is now. `None` when it answers none.
    pub quote: Option<Box<Quote>>,
    /// Where its words come from, when it was forwarded.
    pub forward: Option<Forward>,
    /// Whom it calls; nobody once it is deleted.
    pub mentions: Mentions,
    /// What others felt about it, in the order in which each emoji was first used. Read with a page
    /// of messages or alone; always empty in an [`Entry`](super::Entry), since reactions are entries
    /// of their own.
    pub reactions: Vec<Reaction>,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted: it keeps its place and nothing else.
    pub deleted_at: Option<Timestamp>,
}

impl Message {
    /// Whether it was deleted.
    pub const fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// Which part of a conversation's messages to read. The answer is always in ascending order of `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last ones.
    Latest,
    /// The ones just before this number, without it.
    Before(Seq),
    /// The ones just after this number, without it.
    After(Seq),
    /// This one in the middle: half of the page up to and with it, the other half after it.
    Around(Seq),
}
