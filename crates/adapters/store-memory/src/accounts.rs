use std::ops::Bound;

use async_trait::async_trait;
use kabar_kernel::{Page, PageSize, PortError, PortResult, UserId};
use kabar_users::{
    ProfileChange, User, Username,
    ports::{CreateUser, HashedPassword, UserStore},
};

use crate::{MemoryStore, state::Account};

#[async_trait]
impl UserStore for MemoryStore {
    async fn create(&self, user: &User, password: &HashedPassword) -> PortResult<CreateUser> {
        self.change(|state| {
            if state.usernames.contains_key(&user.username) {
                return Ok(CreateUser::UsernameTaken);
            }
            if state.accounts.contains_key(&user.id) {
                return Err(PortError::new("create an account", "its id is taken"));
            }
            state.usernames.insert(user.username.clone(), user.id);
            state.accounts.insert(user.id, Account::new(user.clone(), password.clone()));
            Ok(CreateUser::Created)
        })
    }

    async fn by_id(&self, user: UserId) -> PortResult<Option<User>> {
        Ok(self.read(|state| state.accounts.get(&user).map(|account| account.user.clone())))
    }

    async fn by_ids(&self, users: &[UserId]) -> PortResult<Vec<User>> {
        let mut asked = users.to_vec();
        asked.sort_unstable();
        asked.dedup();
        Ok(self.read(|state| {
            let found = asked.iter().filter_map(|user| state.accounts.get(user));
            found.map(|account| account.user.clone()).collect()
        }))
    }

    async fn by_username(&self, username: &Username) -> PortResult<Option<User>> {
        Ok(self.read(|state| {
            let user = state.usernames.get(username)?;
            state.accounts.get(user).map(|account| account.user.clone())
        }))
    }

    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
    ) -> PortResult<Option<User>> {
        Ok(self.change(|state| {
            let account = state.accounts.get_mut(&user)?;
            if let Some(name) = &change.display_name {
                account.user.display_name = name.clone();
            }
            Some(account.user.clone())
        }))
    }

    async fn search(
        &self,
        prefix: &str,
        after: Option<Username>,
        size: PageSize,
    ) -> PortResult<Page<User>> {
        let asked = usize::from(size.get()) + 1;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.read(|state| {
            let names = state.usernames.range((from, Bound::Unbounded));
            let matching = names.filter(|(name, _)| name.as_str().starts_with(prefix));
            let accounts = matching.filter_map(|(_, user)| state.accounts.get(user));
            accounts.take(asked).map(|account| account.user.clone()).collect()
        });
        Ok(Page::from_overfetch(found, size))
    }
}
