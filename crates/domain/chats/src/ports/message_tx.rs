use async_trait::async_trait;
use kabar_kernel::{MessageId, PortResult, Seq, Timestamp};

use crate::{Emoji, Mentions, Message, MessageBody, Standing};

/// One change of a message: an open transaction that holds the conversation's lock, on behalf of one
/// of its members.
///
/// Every method that changes something writes the entry that records it, in the same transaction.
///
/// # Laws
/// - Nothing is visible to others before `commit`; all of it is afterwards.
/// - Dropped without `commit`, it leaves nothing, and the conversation can be changed again.
/// - `commit` goes through also when its caller's future is dropped meanwhile; the entries reach the
///   live feed after it, in the order of the log among everything else.
/// - Changes of one conversation run one after the other: what `standing` and `message` answer is true
///   until the commit.
/// - `edit` replaces text and mentions, and what is to be notified because of them: whom only the new
///   text calls is, whom only the old one called is not any more.
/// - `delete` removes the text, mentions, origin, reactions and pin, and what is to be notified because
///   of the message: nothing of it is left in the database. Number, author, client id and the answered
///   message stay.
/// - `react` answers `false` and changes nothing when the actor had reacted so; `unreact` when not.
/// - `pin` answers `false` and changes nothing when it was pinned; `unpin` when not.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MessageTx: Send {
    /// What the actor is in the conversation.
    fn standing(&self) -> Standing;

    /// A message of the conversation, without quote and reactions.
    async fn message(&mut self, message: MessageId) -> PortResult<Option<Message>>;

    /// The different emojis that the message has as reactions.
    async fn emojis(&mut self, message: Seq) -> PortResult<Vec<Emoji>>;

    /// How many messages are pinned.
    async fn pin_count(&mut self) -> PortResult<u32>;

    /// Replaces the text.
    async fn edit(
        &mut self,
        message: Seq,
        body: &MessageBody,
        mentions: &Mentions,
        at: Timestamp,
    ) -> PortResult<()>;

    /// Removes everything but the message's place.
    async fn delete(&mut self, message: Seq, at: Timestamp) -> PortResult<()>;

    /// Adds the actor's reaction.
    async fn react(&mut self, message: Seq, emoji: Emoji, at: Timestamp) -> PortResult<bool>;

    /// Takes the actor's reaction back.
    async fn unreact(&mut self, message: Seq, emoji: Emoji, at: Timestamp) -> PortResult<bool>;

    /// Pins the message, or unpins it.
    async fn pin(&mut self, message: Seq, pinned: bool, at: Timestamp) -> PortResult<bool>;

    /// Makes it all so.
    async fn commit(self: Box<Self>) -> PortResult<()>;
}
