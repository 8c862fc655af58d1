use std::sync::Arc;

use async_trait::async_trait;
use kabar_chats::{
    Entry, Message, Window,
    ports::{Append, Appended, LogStore, MessagePage, NewMessage},
};
use kabar_kernel::{ConversationId, MessageId, Page, PageSize, PortError, PortResult, Pos, UserId};

use crate::{
    MemoryStore,
    conversation::{ConversationRow, posted},
    state::State,
};

/// Decided by the roster of this moment, whichever one the caller saw.
fn append(state: &mut State, new: NewMessage) -> PortResult<Append> {
    let Some(row) = state.conversations.get_mut(&new.conversation) else {
        return Ok(Append::NotAMember);
    };
    if !row.roster.contains_key(&new.author) {
        return Ok(Append::NotAMember);
    }
    if let Some(message) = row.sent(new.author, &new.client_id) {
        return Ok(Append::Appended(Appended { message: message.clone(), created: false }));
    }
    if state.messages.contains_key(&new.id) {
        return Err(PortError::new("append a message", "its id is taken"));
    }
    let (message, index) = row.post(new);
    state.messages.insert(message.id, (message.conversation, index));
    Ok(Append::Appended(Appended { message, created: true }))
}

/// The conversation, for a member.
fn opened(state: &State, conversation: ConversationId, reader: UserId) -> Option<&ConversationRow> {
    state.conversations.get(&conversation).filter(|row| row.roster.contains_key(&reader))
}

#[async_trait]
impl LogStore for MemoryStore {
    async fn append(&self, message: NewMessage) -> PortResult<Append> {
        let turn = self.read(|state| {
            state.conversations.get(&message.conversation).map(|row| Arc::clone(&row.turn))
        });
        let Some(turn) = turn else { return Ok(Append::NotAMember) };
        let _turn = turn.lock_owned().await;
        let outcome = self.change(|state| append(state, message))?;
        if let Append::Appended(Appended { message, created: true }) = &outcome {
            self.shared.feed.entries(vec![posted(message)]);
        }
        Ok(outcome)
    }

    async fn entries_after(
        &self,
        conversation: ConversationId,
        reader: UserId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Option<Page<Entry>>> {
        Ok(self.read(|state| {
            opened(state, conversation, reader).map(|row| row.entries_after(after, size))
        }))
    }

    async fn entries_for_delivery(
        &self,
        conversation: ConversationId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Page<Entry>> {
        Ok(self.read(|state| {
            let row = state.conversations.get(&conversation);
            row.map_or_else(Page::default, |row| row.entries_after(after, size))
        }))
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        window: Window,
        size: PageSize,
    ) -> PortResult<Option<MessagePage>> {
        Ok(self
            .read(|state| opened(state, conversation, reader).map(|row| row.window(window, size))))
    }

    async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> PortResult<Option<Message>> {
        Ok(self.read(|state| {
            let row = opened(state, conversation, reader)?;
            let (of, index) = *state.messages.get(&message)?;
            if of == conversation { row.message(index).cloned() } else { None }
        }))
    }
}
