use kabar_kernel::{ConversationId, PortError, UserId};

use super::Groups;
use crate::{GroupChange, policy};

/// Why a group was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeGroupError {
    /// There is no such group, or the actor is not a member: not told apart.
    #[error("find the group")]
    GroupNotFound,
    /// The actor's role does not allow it.
    #[error("change the group with this role")]
    Forbidden,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Groups {
    /// Renames or describes a group. A change that names nothing changes nothing.
    ///
    /// # Errors
    /// [`ChangeGroupError`]
    pub async fn change(
        &self,
        group: ConversationId,
        actor: UserId,
        change: GroupChange,
    ) -> Result<(), ChangeGroupError> {
        let (mut tx, member) =
            self.begin_as(group, actor).await?.ok_or(ChangeGroupError::GroupNotFound)?;
        if !policy::may_change_group(member.role) {
            return Err(ChangeGroupError::Forbidden);
        }
        if change == GroupChange::default() {
            return Ok(());
        }
        tx.change(&change, self.act(actor)).await?;
        tx.commit().await?;
        Ok(())
    }
}
