use async_trait::async_trait;
use kabar_kernel::{
    ConversationId, MessageId, Page, PageSize, PortResult, Pos, RosterVersion, Timestamp, UserId,
};

use super::MessageTx;
use crate::{ClientId, Entry, Forward, Mentions, Message, MessageBody, Pin, Window};

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
    pub reply: Option<ReplyTo>,
    /// Where its words come from, when it is a forward.
    pub forward: Option<Forward>,
    /// Whom it calls: members by what the caller read.
    pub mentions: Mentions,
    /// When.
    pub created_at: Timestamp,
    /// The roster against which the author's right to post was checked.
    pub checked: RosterVersion,
}

/// The message that another one answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyTo {
    /// Which one.
    pub message: MessageId,
    /// Who wrote it.
    pub author: UserId,
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
#[expect(clippy::large_enum_variant, reason = "nearly every append posts a message")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Append {
    /// It is committed, by this call or by an earlier one with the same client id.
    Appended(Appended),
    /// The author is not a member now, or there is no such conversation. Nothing was stored.
    NotAMember,
    /// The roster has moved on since the author's right to call everybody was checked; nothing was
    /// stored: check again and append again.
    Outdated,
}

/// Messages around a place of the log, in ascending order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePage {
    /// The head of the conversation: entries up to here are in what was read, and none after it.
    pub head: Pos,
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
/// - An append by a member that calls everybody and whose `checked` roster is not the present one is
///   `Outdated`, stores nothing and takes no position; a message that is stored under its client id is
///   answered first. So nobody calls everybody after a change that took the right away. An append
///   that races one with the same client id may get its answer. [`Roster::standing`](super::Roster::standing) answers the
///   present standing from then on.
/// - An append that answered is found by every read that starts afterwards, and after a crash.
/// - Every created message reaches [`LiveFeed::entries`](super::LiveFeed::entries) after its commit,
///   each conversation's in order, also when the caller's future was dropped.
/// - A full queue is a transient failure; nothing is stored of what failed.
/// - Reads answer `None` for whoever is not a member when they read, as for an unknown conversation:
///   membership and content come from one snapshot.
/// - `entries_after` answers the entries with `pos` greater than `after`, ascending, without hole.
/// - Every read shows a message in its present state: the last text, or none once it is deleted, its
///   quote as the quoted message is now. An announced message shows its quote as of its commit or
///   later, and never what a delete that was announced before it has removed.
/// - `messages`, `message` and `pins` answer reactions as the reader sees them; entries have none. The
///   emojis stand in the order of their first use, which is that of the log: one keeps its place for
///   as long as anybody uses it, and stands last when it comes back after that.
///   `messages` answers the head of the conversation that its page is of.
/// - `pins` answers the pinned messages, the last pinned first.
/// - A message with mentions or a reply stores what its receivers are to be notified of, in the same
///   transaction (see the inbox of the notifications domain): for each member it calls by name, for
///   everybody when it calls everybody, and for the author of what it answers; not for its own
///   author, and for nobody twice.
/// - `begin` answers `None` for whoever is not a member, as for an unknown conversation.
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

    /// The pinned messages, the last pinned first.
    async fn pins(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Vec<Pin>>>;

    /// The message that its author's client called so; `None` as well for whoever is not a member.
    async fn sent(
        &self,
        conversation: ConversationId,
        author: UserId,
        client_id: &ClientId,
    ) -> PortResult<Option<Message>>;

    /// Begins a change of a message by a member.
    async fn begin(
        &self,
        conversation: ConversationId,
        actor: UserId,
    ) -> PortResult<Option<Box<dyn MessageTx>>>;

    /// One message; `None` as well when it is of another conversation.
    async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> PortResult<Option<Message>>;
}
