use kabar_kernel::{ConversationId, Page, PageSize, PortError, UserId};

use super::Groups;
use crate::{Group, Member, ports::MemberCursor};

/// Why a group was not shown.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// There is no such group, or the reader is not a member: not told apart.
    #[error("find the group")]
    NotFound,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Groups {
    /// The group as a member sees it.
    ///
    /// # Errors
    /// [`GroupError`]
    pub async fn group(&self, group: ConversationId, reader: UserId) -> Result<Group, GroupError> {
        self.groups.by_id(group, reader).await?.ok_or(GroupError::NotFound)
    }

    /// The group's members in the order they joined.
    ///
    /// # Errors
    /// [`GroupError`]
    pub async fn members(
        &self,
        group: ConversationId,
        reader: UserId,
        after: Option<MemberCursor>,
        size: PageSize,
    ) -> Result<Page<Member>, GroupError> {
        self.groups.members(group, reader, after, size).await?.ok_or(GroupError::NotFound)
    }
}
