use async_trait::async_trait;
use kabar_kernel::{
    ConversationId, MessageId, Page, PageSize, PortResult, Pos, RosterVersion, Timestamp, UserId,
};

use crate::{ClientId, Entry, Message, MessageBody, Window};

/// A message that shall be posted. It gets its `seq` and `pos` from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The id it shall have.
    pub id: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// By whom.
    pub author: UserId,
    /// What its author's client calls it.
    pub client_id: ClientId,
    /// What it says.
    pub body: MessageBody,
    /// The message of the same conversation it answers; existence was checked by the caller
    /// (a message never vanishes from its log).
    pub reply_to: Option<MessageId>,
    /// When.
    pub created_at: Timestamp,
    /// The roster against which the author's right to post was checked.
    pub checked: RosterVersion,
}

/// A message in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The message as it is stored.
    pub message: Message,
    /// Whether this call posted it; `false` when its client id had been used before.
    pub created: bool,
}

/// What came of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Append {
    /// It is committed, by this call or by an earlier one with the same client id.
    Appended(Appended),
    /// The author is not a member now, or there is no such conversation. Nothing was stored.
    NotAMember,
}

/// Messages around a place of the log, in ascending order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<Message>,
    /// Whether there are messages before the first one.
    pub has_before: bool,
    /// Whether there are messages after the last one.
    pub has_after: bool,
}

/// Keeps the log of every conversation.
///
/// # Laws
/// - Concurrent appends to one conversation take the positions and numbers that follow its last
///   ones, without hole and without twin; `pos` and `seq` rise together.
/// - The same author, conversation and client id make one message, however many appends race, and
///   every one of them answers that message; exactly one says `created`.
/// - An append whose `checked` roster is not the present one is decided by the present one, inside
///   the transaction: an append by a member whose removal is committed is `NotAMember`, and takes
///   no position. Nothing else of the same batch is harmed.
/// - An append that answered is found by every read that starts afterwards, and after a crash.
/// - Every created message reaches [`LiveFeed::entries`](super::LiveFeed::entries) after its commit,
///   each conversation's in order, also when the caller's future was dropped.
/// - A full queue is a transient failure; nothing is stored of what failed.
/// - Reads answer `None` for whoever is not a member when they read, as for an unknown conversation:
///   membership and content come from one snapshot.
/// - `entries_after` answers the entries with `pos` greater than `after`, ascending, without hole.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Posts a message: committed when it answers.
    async fn append(&self, message: NewMessage) -> PortResult<Append>;

    /// The entries after a position, for a member.
    async fn entries_after(
        &self,
        conversation: ConversationId,
        reader: UserId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Option<Page<Entry>>>;

    /// The entries after a position, for the server's own delivery to members it knows of.
    /// Not for a request: it asks for nobody's right.
    async fn entries_for_delivery(
        &self,
        conversation: ConversationId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Page<Entry>>;

    /// A part of the messages.
    async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        window: Window,
        size: PageSize,
    ) -> PortResult<Option<MessagePage>>;

    /// One message; `None` as well when it is of another conversation.
    async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> PortResult<Option<Message>>;
}
