//! What the groups domain asks of the outside.

mod directory;
mod group_store;
mod group_tx;

pub use directory::Directory;
pub use group_store::{GroupStore, MemberCursor};
pub use group_tx::GroupTx;

#[cfg(feature = "mock")]
pub use self::{directory::MockDirectory, group_store::MockGroupStore, group_tx::MockGroupTx};
