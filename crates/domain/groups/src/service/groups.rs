use std::sync::Arc;

use kabar_kernel::{Clock, ConversationId, IdSource, PortResult, UserId};

use crate::{
    Act, Member,
    ports::{Directory, GroupStore, GroupTx},
};

/// Bounds on groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupLimits {
    /// Most members a group may have.
    pub members: u32,
}

impl Default for GroupLimits {
    /// 10 000 members.
    fn default() -> Self {
        Self { members: 10_000 }
    }
}

/// Groups: make, describe, and govern who is in them.
pub struct Groups {
    pub(super) groups: Arc<dyn GroupStore>,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) limits: GroupLimits,
}

impl Groups {
    /// Most users one command may name.
    pub const MAX_USERS_A_COMMAND: usize = 1000;

    /// The service over its ports.
    pub fn new(
        groups: Arc<dyn GroupStore>,
        directory: Arc<dyn Directory>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        limits: GroupLimits,
    ) -> Self {
        Self { groups, directory, clock, ids, limits }
    }

    /// Opens the group for a change by one of its members; `None` when there is no such group or
    /// the actor is not a member of it.
    pub(super) async fn begin_as(
        &self,
        group: ConversationId,
        actor: UserId,
    ) -> PortResult<Option<(Box<dyn GroupTx>, Member)>> {
        let Some(mut tx) = self.groups.begin(group).await? else {
            return Ok(None);
        };
        Ok(tx.member(actor).await?.map(|actor| (tx, actor)))
    }

    pub(super) fn act(&self, by: UserId) -> Act {
        Act { by, at: self.clock.now() }
    }
}
