use kabar_kernel::{ConversationId, PortError, Role, UserId};

use super::Groups;
use crate::policy;

/// Why a member stayed.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    /// There is no such group, or the user is not a member: not told apart.
    #[error("find the group")]
    GroupNotFound,
    /// The group's only owner cannot go while others stay.
    #[error("leave the group without an owner")]
    LastOwner,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Groups {
    /// Leaves a group. Its last member may leave it too, and then nobody can come back.
    ///
    /// # Errors
    /// [`LeaveError`]
    pub async fn leave(&self, group: ConversationId, user: UserId) -> Result<(), LeaveError> {
        let (mut tx, member) =
            self.begin_as(group, user).await?.ok_or(LeaveError::GroupNotFound)?;
        if member.role == Role::Owner
            && !policy::owner_may_go(tx.owner_count().await?, tx.member_count().await?)
        {
            return Err(LeaveError::LastOwner);
        }
        tx.remove(user, self.act(user)).await?;
        tx.commit().await?;
        Ok(())
    }
}
