use kabar_kernel::{ConversationId, PortError, Role, UserId};

use super::{Groups, create_group::distinct};
use crate::policy;

/// Users that shall become members.
#[derive(Debug, Clone)]
pub struct AddMembers {
    /// Of which group.
    pub group: ConversationId,
    /// By whom.
    pub actor: UserId,
    /// Who; repetitions are ignored.
    pub users: Vec<UserId>,
}

/// Who became a member and who was one already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedMembers {
    /// Members since this call.
    pub added: Vec<UserId>,
    /// Members before it.
    pub already: Vec<UserId>,
}

/// Why nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum AddMembersError {
    /// There is no such group, or the actor is not a member: not told apart.
    #[error("find the group")]
    GroupNotFound,
    /// The actor's role does not allow it.
    #[error("add members with this role")]
    Forbidden,
    /// More users than one command may name, or than the group may have.
    #[error("add so many members")]
    TooManyMembers,
    /// Some of the users are unknown or deactivated; nobody was added.
    #[error("add unknown users")]
    UsersNotFound(Vec<UserId>),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Groups {
    /// Adds members. Adding one again changes nothing.
    ///
    /// # Errors
    /// [`AddMembersError`]
    pub async fn add_members(&self, command: AddMembers) -> Result<AddedMembers, AddMembersError> {
        let users = distinct(command.users, None);
        if users.len() > Self::MAX_USERS_A_COMMAND {
            return Err(AddMembersError::TooManyMembers);
        }
        // Asked before the transaction begins: an account that is deactivated meanwhile is a member
        // who cannot log in, which does no harm.
        let unknown = self.unknown(&users).await?;
        let (mut tx, actor) = self
            .begin_as(command.group, command.actor)
            .await?
            .ok_or(AddMembersError::GroupNotFound)?;
        if !policy::may_add_members(actor.role) {
            return Err(AddMembersError::Forbidden);
        }
        if !unknown.is_empty() {
            return Err(AddMembersError::UsersNotFound(unknown));
        }
        let added = tx.add(&users, Role::Member, self.act(command.actor)).await?;
        if tx.member_count().await? > self.limits.members {
            return Err(AddMembersError::TooManyMembers);
        }
        tx.commit().await?;
        let already = users.into_iter().filter(|user| !added.contains(user)).collect();
        Ok(AddedMembers { added, already })
    }
}
