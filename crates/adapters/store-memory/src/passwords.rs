use async_trait::async_trait;
use kabar_kernel::{PortResult, UserId};
use kabar_users::ports::{CredentialStore, HashedPassword};

use crate::MemoryStore;

#[async_trait]
impl CredentialStore for MemoryStore {
    async fn password_hash(&self, user: UserId) -> PortResult<Option<HashedPassword>> {
        Ok(self.read(|state| state.accounts.get(&user).map(|account| account.password.clone())))
    }

    async fn replace(
        &self,
        user: UserId,
        expected: &HashedPassword,
        new: &HashedPassword,
    ) -> PortResult<bool> {
        Ok(self.change(|state| match state.accounts.get_mut(&user) {
            Some(account) if account.password == *expected => {
                account.password = new.clone();
                true
            }
            _ => false,
        }))
    }
}
