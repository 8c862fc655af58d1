use async_trait::async_trait;
use kabar_chats::ports::People;
use kabar_groups::ports::Directory;
use kabar_kernel::{PortResult, UserId};

use crate::{MemoryStore, state::State};

fn is_active(state: &State, user: UserId) -> bool {
    state.accounts.get(&user).is_some_and(|account| account.user.is_active())
}

#[async_trait]
impl People for MemoryStore {
    async fn active(&self, user: UserId) -> PortResult<bool> {
        Ok(self.read(|state| is_active(state, user)))
    }
}

#[async_trait]
impl Directory for MemoryStore {
    async fn active(&self, users: &[UserId]) -> PortResult<Vec<UserId>> {
        let mut asked = users.to_vec();
        asked.sort_unstable();
        asked.dedup();
        self.read(|state| asked.retain(|user| is_active(state, *user)));
        Ok(asked)
    }
}
