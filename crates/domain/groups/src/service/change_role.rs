use kabar_kernel::{ConversationId, PortError, Role, UserId};

use super::Groups;
use crate::policy;

/// A role that shall be given.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRole {
    /// In which group.
    pub group: ConversationId,
    /// By whom.
    pub actor: UserId,
    /// To whom; may be the actor, who may step down.
    pub user: UserId,
    /// The new role.
    pub role: Role,
}

/// Why no role was given.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRoleError {
    /// There is no such group, or the actor is not a member: not told apart.
    #[error("find the group")]
    GroupNotFound,
    /// The user is not a member.
    #[error("find the member")]
    MemberNotFound,
    /// The actor's role does not allow it.
    #[error("give this role with one's own")]
    Forbidden,
    /// The group's only owner cannot step down.
    #[error("leave the group without an owner")]
    LastOwner,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Groups {
    /// Gives a member a role. Giving the role they have changes nothing.
    ///
    /// # Errors
    /// [`ChangeRoleError`]
    pub async fn change_role(&self, command: ChangeRole) -> Result<(), ChangeRoleError> {
        let (mut tx, actor) = self
            .begin_as(command.group, command.actor)
            .await?
            .ok_or(ChangeRoleError::GroupNotFound)?;
        let target = tx.member(command.user).await?.ok_or(ChangeRoleError::MemberNotFound)?;
        if !policy::may_change_role(actor.role, target.role, command.role) {
            return Err(ChangeRoleError::Forbidden);
        }
        if target.role == command.role {
            return Ok(());
        }
        if target.role == Role::Owner && !policy::owner_may_step_down(tx.owner_count().await?) {
            return Err(ChangeRoleError::LastOwner);
        }
        tx.set_role(command.user, command.role, self.act(command.actor)).await?;
        tx.commit().await?;
        Ok(())
    }
}
