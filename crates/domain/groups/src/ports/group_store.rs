use async_trait::async_trait;
use kabar_kernel::{ConversationId, Page, PageSize, PortResult, Timestamp, UserId};

use super::GroupTx;
use crate::{Act, Group, Member, NewGroup};

/// Where a list of members goes on: after the one with these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberCursor {
    /// When they joined.
    pub joined_at: Timestamp,
    /// Who, which decides between equal moments.
    pub user: UserId,
}

/// Keeps groups and their rosters.
///
/// # Laws
/// - `create` writes the conversation, its roster and its first entries (`group.created` at position
///   1, then one `member.joined` for each further member) in one atomic step, and the entries reach
///   the live feed after its commit.
/// - `by_id` and `members` answer `None` for whoever is not a member now, as for an unknown group or
///   a direct conversation.
/// - `members` is by the moment of joining, then by id; each page goes on after the cursor.
/// - `begin` waits for other transactions of the same group: those run one after the other.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait GroupStore: Send + Sync {
    /// Makes a group.
    async fn create(&self, group: &NewGroup, act: Act) -> PortResult<()>;

    /// The group as `reader` sees it.
    async fn by_id(&self, group: ConversationId, reader: UserId) -> PortResult<Option<Group>>;

    /// The group's members.
    async fn members(
        &self,
        group: ConversationId,
        reader: UserId,
        after: Option<MemberCursor>,
        size: PageSize,
    ) -> PortResult<Option<Page<Member>>>;

    /// Begins a change of the group; `None` when there is no such group.
    async fn begin(&self, group: ConversationId) -> PortResult<Option<Box<dyn GroupTx>>>;
}
