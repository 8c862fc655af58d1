use std::cmp::Reverse;

use async_trait::async_trait;
use kabar_chats::{
    ActivityCursor, Conversation, ConversationState,
    ports::{ConversationStore, Opened},
};
use kabar_kernel::{
    ConversationId, Page, PageSize, PortError, PortResult, Role, Timestamp, UserId,
};

use crate::{MemoryStore, conversation::ConversationRow, state::State};

fn open_direct(
    state: &mut State,
    new_id: ConversationId,
    user: UserId,
    peer: UserId,
    now: Timestamp,
) -> PortResult<Opened> {
    const OPERATION: &str = "open a direct conversation";
    let pair = (user.min(peer), user.max(peer));
    let found = state.direct.get(&pair).copied();
    if found.is_none() {
        if state.conversations.contains_key(&new_id) {
            return Err(PortError::new(OPERATION, "its id is taken"));
        }
        let mut made = ConversationRow::new(new_id, now, None);
        made.admit(user, Role::Member, now);
        made.admit(peer, Role::Member, now);
        state.conversations.insert(new_id, made);
        state.direct.insert(pair, new_id);
    }
    let row = state.conversations.get(&found.unwrap_or(new_id));
    let conversation = row.and_then(|row| row.seen_by(user));
    let conversation = conversation.ok_or_else(|| PortError::new(OPERATION, "it is not there"))?;
    Ok(Opened { conversation, created: found.is_none() })
}

#[async_trait]
impl ConversationStore for MemoryStore {
    async fn open_direct(
        &self,
        new_id: ConversationId,
        user: UserId,
        peer: UserId,
        now: Timestamp,
    ) -> PortResult<Opened> {
        let opened = self.change(|state| open_direct(state, new_id, user, peer, now))?;
        if opened.created {
            let members = opened.conversation.members.iter().map(|member| member.user).collect();
            self.shared.feed.opened(new_id, members);
        }
        Ok(opened)
    }

    async fn by_id(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Conversation>> {
        Ok(self.read(|state| state.conversations.get(&conversation)?.seen_by(reader)))
    }

    async fn list(
        &self,
        reader: UserId,
        after: Option<ActivityCursor>,
        size: PageSize,
    ) -> PortResult<Page<Conversation>> {
        let after = after.map(|cursor| (cursor.active_at, cursor.conversation));
        let found = self.read(|state| {
            let mut rows: Vec<&ConversationRow> = state
                .conversations_of(reader)
                .filter(|row| after.is_none_or(|after| (row.active_at, row.id) < after))
                .collect();
            rows.sort_unstable_by_key(|row| Reverse((row.active_at, row.id)));
            let asked = rows.into_iter().take(usize::from(size.get()) + 1);
            asked.filter_map(|row| row.seen_by(reader)).collect()
        });
        Ok(Page::from_overfetch(found, size))
    }

    async fn states(&self, reader: UserId) -> PortResult<Vec<ConversationState>> {
        Ok(self.read(|state| {
            state.conversations.values().filter_map(|row| row.state_for(reader)).collect()
        }))
    }

    async fn epoch(&self) -> PortResult<String> {
        Ok(self.shared.epoch.clone())
    }
}
