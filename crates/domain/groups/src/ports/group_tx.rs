use async_trait::async_trait;
use kabar_kernel::{PortResult, Role, UserId};

use crate::{Act, GroupChange, Member};

/// One change of a group: an open transaction that holds the group's lock.
///
/// Every method that changes something writes the entry that records it, in the same transaction.
///
/// # Laws
/// - Nothing is visible to others before `commit`; all of it is afterwards.
/// - Dropped without `commit`, it leaves nothing, and the group can be changed again.
/// - `commit` goes through also when its caller's future is dropped meanwhile; the entries reach the
///   live feed after it, in order.
/// - The roster's version is higher after a commit that changed the roster.
/// - `add` leaves out who is a member already, and answers whom it added, in the order given.
/// - An append that was checked against the roster before a `remove` is decided anew (see the log
///   store of the chats domain).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait GroupTx: Send {
    /// The member with this id.
    async fn member(&mut self, user: UserId) -> PortResult<Option<Member>>;

    /// How many members there are.
    async fn member_count(&mut self) -> PortResult<u32>;

    /// How many of them are owners.
    async fn owner_count(&mut self) -> PortResult<u32>;

    /// Changes name or description; records `group.updated`.
    async fn change(&mut self, change: &GroupChange, act: Act) -> PortResult<()>;

    /// Adds members; records `member.joined` for each who was none.
    async fn add(&mut self, users: &[UserId], role: Role, act: Act) -> PortResult<Vec<UserId>>;

    /// Removes a member; records `member.left` when it is whoever acts, else `member.removed`.
    async fn remove(&mut self, user: UserId, act: Act) -> PortResult<()>;

    /// Gives a member another role; records `member.role_changed`.
    async fn set_role(&mut self, user: UserId, role: Role, act: Act) -> PortResult<()>;

    /// Makes it all so.
    async fn commit(self: Box<Self>) -> PortResult<()>;
}
