use async_trait::async_trait;
use kabar_kernel::{PortResult, UserId};
use kabar_users::{Privacy, PrivacyChange, ports::PrivacyStore};

use crate::MemoryStore;

#[async_trait]
impl PrivacyStore for MemoryStore {
    async fn privacy(&self, user: UserId) -> PortResult<Option<Privacy>> {
        Ok(self.read(|state| state.accounts.get(&user).map(|account| account.privacy)))
    }

    async fn change_privacy(
        &self,
        user: UserId,
        change: PrivacyChange,
    ) -> PortResult<Option<Privacy>> {
        Ok(self.change(|state| {
            let privacy = &mut state.accounts.get_mut(&user)?.privacy;
            privacy.receipts = change.receipts.unwrap_or(privacy.receipts);
            privacy.typing = change.typing.unwrap_or(privacy.typing);
            privacy.presence = change.presence.unwrap_or(privacy.presence);
            Some(*privacy)
        }))
    }
}
