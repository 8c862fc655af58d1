use async_trait::async_trait;
use kabar_chats::{Standing, ports::Roster};
use kabar_kernel::{ConversationId, PortResult, UserId};

use crate::MemoryStore;

#[async_trait]
impl Roster for MemoryStore {
    async fn standing(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Standing>> {
        Ok(self.read(|state| {
            let row = state.conversations.get(&conversation)?;
            let role = row.roster.get(&user)?.member.role;
            Some(Standing { kind: row.kind(), role, roster: row.roster_version })
        }))
    }
}
