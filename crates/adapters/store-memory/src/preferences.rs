use async_trait::async_trait;
use kabar_kernel::{ConversationId, PortResult, Timestamp, UserId};
use kabar_notifications::{Preferences, QuietHours, Rules, ports::PreferenceStore};

use crate::MemoryStore;

#[async_trait]
impl PreferenceStore for MemoryStore {
    async fn preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Preferences>> {
        Ok(self.read(|state| {
            Some(state.conversations.get(&conversation)?.roster.get(&user)?.preferences)
        }))
    }

    async fn set_preferences(
        &self,
        conversation: ConversationId,
        user: UserId,
        preferences: Preferences,
    ) -> PortResult<bool> {
        Ok(self.change(|state| {
            let row = state.conversations.get_mut(&conversation);
            let Some(member) = row.and_then(|row| row.roster.get_mut(&user)) else { return false };
            member.preferences = preferences;
            true
        }))
    }

    async fn quiet_hours(&self, user: UserId) -> PortResult<Option<QuietHours>> {
        Ok(self.read(|state| state.accounts.get(&user)?.quiet.clone()))
    }

    async fn set_quiet_hours(&self, user: UserId, hours: Option<QuietHours>) -> PortResult<()> {
        self.change(|state| {
            if let Some(account) = state.accounts.get_mut(&user) {
                account.quiet = hours;
            }
        });
        Ok(())
    }

    async fn rules(&self, user: UserId, now: Timestamp) -> PortResult<Rules> {
        Ok(self.read(|state| {
            let decided = state.conversations_of(user).filter_map(|row| {
                let Preferences { level, muted_until } = row.roster.get(&user)?.preferences;
                let muted_until = muted_until.filter(|until| *until > now);
                let holds = level.is_some() || muted_until.is_some();
                holds.then_some((row.id, Preferences { level, muted_until }))
            });
            let quiet = state.accounts.get(&user).and_then(|account| account.quiet.clone());
            Rules { quiet, conversations: decided.collect() }
        }))
    }
}
