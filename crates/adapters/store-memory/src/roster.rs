use async_trait::async_trait;
use kabar_chats::{Standing, ports::Roster};
use kabar_kernel::{ConversationId, PortResult, UserId};
use kabar_users::Username;

use crate::MemoryStore;

#[async_trait]
impl Roster for MemoryStore {
    async fn standing(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Standing>> {
        Ok(self.read(|state| state.conversations.get(&conversation)?.standing(user)))
    }

    async fn named(
        &self,
        conversation: ConversationId,
        names: &[Vec<String>],
    ) -> PortResult<Vec<UserId>> {
        Ok(self.read(|state| {
            let Some(row) = state.conversations.get(&conversation) else { return Vec::new() };
            let member = |spelling: &String| {
                let user = *state.usernames.get(&Username::parse(spelling).ok()?)?;
                (row.is_member(user) && state.is_active(user)).then_some(user)
            };
            let mut named = Vec::new();
            for user in names.iter().filter_map(|spellings| spellings.iter().find_map(member)) {
                if !named.contains(&user) {
                    named.push(user);
                }
            }
            named
        }))
    }
}
