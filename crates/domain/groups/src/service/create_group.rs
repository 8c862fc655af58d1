use std::collections::HashSet;

use kabar_kernel::{ConversationId, PortError, UserId};

use super::Groups;
use crate::{GroupDescription, GroupName, NewGroup};

/// A group that shall be made.
#[derive(Debug, Clone)]
pub struct CreateGroup {
    /// By whom, its owner.
    pub owner: UserId,
    /// Its name.
    pub name: GroupName,
    /// What it is about.
    pub description: GroupDescription,
    /// Its first members; the owner and repetitions among them are ignored.
    pub members: Vec<UserId>,
}

/// Why no group was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateGroupError {
    /// More users than one command may name, or than a group may have.
    #[error("make a group of so many members")]
    TooManyMembers,
    /// Some of the members are unknown or deactivated; nothing was made.
    #[error("add unknown users")]
    UsersNotFound(Vec<UserId>),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Groups {
    /// Makes a group, all at once or not at all.
    ///
    /// # Errors
    /// [`CreateGroupError`]
    pub async fn create(&self, command: CreateGroup) -> Result<ConversationId, CreateGroupError> {
        let members = distinct(command.members, Some(command.owner));
        let room = usize::try_from(self.limits.members.saturating_sub(1)).unwrap_or(usize::MAX);
        if members.len() > room.min(Self::MAX_USERS_A_COMMAND) {
            return Err(CreateGroupError::TooManyMembers);
        }
        let unknown = self.unknown(&members).await?;
        if !unknown.is_empty() {
            return Err(CreateGroupError::UsersNotFound(unknown));
        }
        let group = NewGroup {
            id: ConversationId::new(self.ids.next_id()),
            name: command.name,
            description: command.description,
            members,
        };
        self.groups.create(&group, self.act(command.owner)).await?;
        Ok(group.id)
    }

    /// Those of the users who are not active accounts, in the order given.
    pub(super) async fn unknown(&self, users: &[UserId]) -> Result<Vec<UserId>, PortError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let known: HashSet<UserId> = self.directory.active(users).await?.into_iter().collect();
        Ok(users.iter().copied().filter(|user| !known.contains(user)).collect())
    }
}

/// Each user once, in the order given, without `except`.
pub(super) fn distinct(users: Vec<UserId>, except: Option<UserId>) -> Vec<UserId> {
    let mut seen: HashSet<UserId> = except.into_iter().collect();
    users.into_iter().filter(|user| seen.insert(*user)).collect()
}
