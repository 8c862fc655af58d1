use kabar_kernel::{ConversationId, PortError, UserId};

use super::{Groups, LeaveError};
use crate::policy;

/// Why a member was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveMemberError {
    /// There is no such group, or the actor is not a member: not told apart.
    #[error("find the group")]
    GroupNotFound,
    /// The user is not a member.
    #[error("find the member")]
    MemberNotFound,
    /// The actor's role does not allow it.
    #[error("remove this member with one's own role")]
    Forbidden,
    /// The group's only owner cannot go while others stay.
    #[error("leave the group without an owner")]
    LastOwner,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<LeaveError> for RemoveMemberError {
    fn from(error: LeaveError) -> Self {
        match error {
            LeaveError::GroupNotFound => Self::GroupNotFound,
            LeaveError::LastOwner => Self::LastOwner,
            LeaveError::Port(error) => Self::Port(error),
        }
    }
}

impl Groups {
    /// Removes a member: once it answers, none of their messages is accepted and nothing more
    /// reaches them. Removing oneself is leaving.
    ///
    /// # Errors
    /// [`RemoveMemberError`]
    pub async fn remove_member(
        &self,
        group: ConversationId,
        actor: UserId,
        user: UserId,
    ) -> Result<(), RemoveMemberError> {
        if actor == user {
            return Ok(self.leave(group, user).await?);
        }
        let (mut tx, member) =
            self.begin_as(group, actor).await?.ok_or(RemoveMemberError::GroupNotFound)?;
        let target = tx.member(user).await?.ok_or(RemoveMemberError::MemberNotFound)?;
        if !policy::may_remove(member.role, target.role) {
            return Err(RemoveMemberError::Forbidden);
        }
        // The actor stays, and only an owner removes an owner: an owner remains.
        tx.remove(user, self.act(actor)).await?;
        tx.commit().await?;
        Ok(())
    }
}
