//! The use cases of the groups domain, one file each.

mod add_members;
mod change_group;
mod change_role;
mod create_group;
mod groups;
mod leave;
mod overview;
mod remove_member;

pub use add_members::{AddMembers, AddMembersError, AddedMembers};
pub use change_group::ChangeGroupError;
pub use change_role::{ChangeRole, ChangeRoleError};
pub use create_group::{CreateGroup, CreateGroupError};
pub use groups::{GroupLimits, Groups};
pub use leave::LeaveError;
pub use overview::GroupError;
pub use remove_member::RemoveMemberError;
