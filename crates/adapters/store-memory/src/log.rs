use std::sync::Arc;

use async_trait::async_trait;
use kabar_chats::{
    ClientId, Entry, Message, Pin, Window,
    ports::{Append, Appended, LogStore, MessagePage, MessageTx, NewMessage},
};
use kabar_kernel::{ConversationId, MessageId, Page, PageSize, PortError, PortResult, Pos, UserId};
use tokio::sync::Mutex;

use crate::{MemoryStore, message_tx::MemoryMessageTx, state::State};

/// What an append came to, and what is to be announced of it. Decided by the roster of this moment,
/// whichever one the caller saw; but whether they may call everybody is for the caller to ask again.
fn append(state: &mut State, new: NewMessage) -> PortResult<(Append, Option<Entry>)> {
    const OPERATION: &str = "append a message";
    let row = state.conversations.get_mut(&new.conversation);
    let Some(row) = row.filter(|row| row.is_member(new.author)) else {
        return Ok((Append::NotAMember, None));
    };
    let author = new.author;
    let before = row.sent(author, &new.client_id);
    let index = match before {
        Some(index) => index,
        None if new.mentions.all && new.checked != row.roster_version => {
            return Ok((Append::Outdated, None));
        }
        None if !state.messages.insert(new.id) => {
            return Err(PortError::new(OPERATION, "its id is taken"));
        }
        None => row.post(new),
    };
    let message = row.message_for(index, author);
    let message = message.ok_or_else(|| PortError::new(OPERATION, "it is not there"))?;
    let entry = if before.is_none() { row.posted(index) } else { None };
    Ok((Append::Appended(Appended { message, created: before.is_none() }), entry))
}

impl MemoryStore {
    /// The turn of a conversation; `None` when there is no such one.
    fn turn(&self, conversation: ConversationId) -> Option<Arc<Mutex<()>>> {
        self.read(|state| Some(Arc::clone(&state.conversations.get(&conversation)?.turn)))
    }
}

#[async_trait]
impl LogStore for MemoryStore {
    async fn append(&self, message: NewMessage) -> PortResult<Append> {
        let Some(turn) = self.turn(message.conversation) else { return Ok(Append::NotAMember) };
        let _turn = turn.lock_owned().await;
        let (outcome, entry) = self.change(|state| append(state, message))?;
        if let Some(entry) = entry {
            self.shared.feed.entries(vec![entry]);
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
            state.opened(conversation, reader).map(|row| row.entries_after(after, size))
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
        Ok(self.read(|state| {
            state.opened(conversation, reader).map(|row| row.window(reader, window, size))
        }))
    }

    async fn pins(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Vec<Pin>>> {
        Ok(self.read(|state| state.opened(conversation, reader).map(|row| row.pins_for(reader))))
    }

    async fn sent(
        &self,
        conversation: ConversationId,
        author: UserId,
        client_id: &ClientId,
    ) -> PortResult<Option<Message>> {
        Ok(self.read(|state| {
            let row = state.opened(conversation, author)?;
            row.message_for(row.sent(author, client_id)?, author)
        }))
    }

    async fn begin(
        &self,
        conversation: ConversationId,
        actor: UserId,
    ) -> PortResult<Option<Box<dyn MessageTx>>> {
        let Some(turn) = self.turn(conversation) else { return Ok(None) };
        let turn = turn.lock_owned().await;
        Ok(MemoryMessageTx::begin(Arc::clone(&self.shared), conversation, actor, turn))
    }

    async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> PortResult<Option<Message>> {
        Ok(self.read(|state| {
            let row = state.opened(conversation, reader)?;
            row.message_for(row.find(message)?, reader)
        }))
    }
}
