use async_trait::async_trait;
use kabar_kernel::{ConversationId, PortResult, Seq, Timestamp, UserId};

use crate::{Cursor, MovedCursors, Receipts};

/// In which conversations members are shown how far the others are: direct ones, and groups of at most
/// this many members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    /// Most members of such a group.
    pub members: u32,
}

/// Keeps how far every member has received and read.
///
/// # Laws
/// - `mark_read` and `mark_delivered` move a cursor forward only, and never past the last message,
///   whoever else moves it at the same time; reading delivers.
/// - `mark_unread` marks the conversation as unread until the next `mark_read`, whether that moves the
///   cursor or not.
/// - A change reaches [`LiveFeed::read`](super::LiveFeed::read), or
///   [`LiveFeed::delivered`](super::LiveFeed::delivered) where only `delivered_seq` moved, after its
///   commit; what changed nothing does not. Where nothing changed but the mark, what reaches the feed
///   is not `shown`.
/// - They answer where the cursor stands afterwards, and `None` for whoever is not a member.
/// - `shown` is whether the conversation is within the audience and the member shows receipts (see the
///   privacy of the users domain).
/// - `receipts` answers the other members who show theirs, by user id, with where each of them last
///   joined; `None` for whoever is not a member.
/// - `moved_since` answers every cursor that `receipts` would show and that moved at `since` or later,
///   and every cursor of the reader's own that did or whose mark changed, in conversations the reader
///   is a member of now, each once: no more than `limit` of the others' and `limit` of the reader's
///   own, the latest first. A mark is answered to nobody else.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CursorStore: Send + Sync {
    /// Moves the reader's read cursor to `seq`.
    async fn mark_read(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>>;

    /// Moves the reader's delivered cursor to `seq`.
    async fn mark_delivered(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>>;

    /// Marks the conversation as unread, for the reader.
    async fn mark_unread(
        &self,
        conversation: ConversationId,
        reader: UserId,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>>;

    /// How far the other members are.
    async fn receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
        audience: Audience,
    ) -> PortResult<Option<Receipts>>;

    /// What moved since a moment, for a client that comes back.
    async fn moved_since(
        &self,
        reader: UserId,
        since: Timestamp,
        audience: Audience,
        limit: u16,
    ) -> PortResult<MovedCursors>;
}
