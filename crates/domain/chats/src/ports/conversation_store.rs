use async_trait::async_trait;
use kabar_kernel::{ConversationId, Page, PageSize, PortResult, Timestamp, UserId};

use crate::{ActivityCursor, Conversation, ConversationState};

/// A direct conversation, new or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The conversation, as the user who opened it sees it.
    pub conversation: Conversation,
    /// Whether this call made it.
    pub created: bool,
}

/// Keeps conversations.
///
/// # Laws
/// - Of any number of concurrent `open_direct` between the same two users, from either side, one
///   makes the conversation and all answer it. One with oneself has one member.
/// - A newly opened conversation reaches [`LiveFeed::opened`](super::LiveFeed::opened) once, after
///   its commit; one that was found does not.
/// - `by_id` answers `None` for whoever is not a member now, as for an unknown conversation.
/// - `list` is by `active_at`, latest first, then by id descending; each page goes on after the cursor
///   without repeating or leaving out a conversation that did not move.
/// - `states` answers exactly the conversations the user is a member of now, by id.
/// - `unread` counts messages of others after the cursor that are not deleted, never one's own, up to
///   `UNREAD_CAP`; `mentions` those of them that call the reader, by name or with everybody, as they
///   are now: an edit may call somebody or cease to.
/// - A new member's cursor starts at the conversation's last message.
/// - `epoch` answers the same text for as long as the log is the same one.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// The direct conversation of `user` and `peer`, made with the id `new_id` if there is none.
    async fn open_direct(
        &self,
        new_id: ConversationId,
        user: UserId,
        peer: UserId,
        now: Timestamp,
    ) -> PortResult<Opened>;

    /// The conversation as `reader` sees it.
    async fn by_id(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Conversation>>;

    /// The reader's conversations by recent activity.
    async fn list(
        &self,
        reader: UserId,
        after: Option<ActivityCursor>,
        size: PageSize,
    ) -> PortResult<Page<Conversation>>;

    /// The numbers of all of the reader's conversations.
    async fn states(&self, reader: UserId) -> PortResult<Vec<ConversationState>>;

    /// Names the log as a whole: another text after the database was restored to an earlier state.
    async fn epoch(&self) -> PortResult<String>;
}
