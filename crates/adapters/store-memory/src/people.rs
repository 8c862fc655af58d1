use async_trait::async_trait;
use kabar_chats::ports::People;
use kabar_groups::ports::Directory;
use kabar_kernel::{PortResult, UserId};

use crate::MemoryStore;

#[async_trait]
impl People for MemoryStore {
    async fn active(&self, user: UserId) -> PortResult<bool> {
        Ok(self.read(|state| state.is_active(user)))
    }
}

#[async_trait]
impl Directory for MemoryStore {
    async fn active(&self, users: &[UserId]) -> PortResult<Vec<UserId>> {
        let mut asked = users.to_vec();
        asked.sort_unstable();
        asked.dedup();
        self.read(|state| asked.retain(|user| state.is_active(*user)));
        Ok(asked)
    }
}
