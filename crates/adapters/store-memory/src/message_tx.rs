use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use kabar_chats::{
    Emoji, Entry, Event, Mentions, Message, MessageBody, ReactionChange, Standing, ports::MessageTx,
};
use kabar_groups::Act;
use kabar_kernel::{ConversationId, MessageId, PortResult, Pos, Seq, Timestamp, UserId};
use tokio::sync::OwnedMutexGuard;

use crate::{
    Shared,
    conversation::{ConversationRow, MessageRow, PinRow},
};

/// What a transaction will write to the log.
enum Step {
    /// The message at this index was edited, and newly calls these.
    Edit(usize, Mentions),
    Change(Box<Event>),
}

/// An open change of a message: holds the turn of its conversation, works on copies of what it
/// touches, and puts them in place at the commit. Dropped before, it has touched nothing but the turn.
pub(crate) struct MemoryMessageTx {
    shared: Arc<Shared>,
    conversation: ConversationId,
    actor: UserId,
    standing: Standing,
    /// The last position before the first step.
    head: Pos,
    touched: BTreeMap<usize, MessageRow>,
    pins: Vec<PinRow>,
    steps: Vec<(Act, Step)>,
    turn: OwnedMutexGuard<()>,
}

impl MemoryMessageTx {
    /// `None` when the actor is no member, or there is no such conversation.
    pub(crate) fn begin(
        shared: Arc<Shared>,
        conversation: ConversationId,
        actor: UserId,
        turn: OwnedMutexGuard<()>,
    ) -> Option<Box<dyn MessageTx>> {
        let (standing, head, pins) = shared.change(|state| {
            let row = state.opened(conversation, actor)?;
            Some((row.standing(actor)?, row.head(), row.pin_rows().to_vec()))
        })?;
        Some(Box::new(Self {
            shared,
            conversation,
            actor,
            standing,
            head,
            touched: BTreeMap::new(),
            pins,
            steps: Vec::new(),
            turn,
        }))
    }

    /// The message as the steps leave it. Nobody else changes it while the turn is held.
    fn row(&self, index: usize) -> Option<MessageRow> {
        self.touched.get(&index).cloned().or_else(|| {
            self.shared
                .change(|state| state.conversations.get(&self.conversation)?.row(index).cloned())
        })
    }

    /// The message of this number, to be changed.
    fn touch(&mut self, message: Seq) -> Option<(usize, &mut MessageRow)> {
        let index = ConversationRow::index(message)?;
        let row = self.row(index)?;
        Some((index, self.touched.entry(index).or_insert(row)))
    }

    /// The position that the next step writes.
    fn next(&self) -> Pos {
        self.steps.iter().fold(self.head, |pos, _| pos.next()).next()
    }

    fn step(&mut self, at: Timestamp, step: Step) {
        self.steps.push((Act { by: self.actor, at }, step));
    }
}

impl ConversationRow {
    /// Writes the steps to the log, once what they touched is in place.
    fn write(&mut self, steps: Vec<(Act, Step)>) -> Vec<Entry> {
        let entry = |(act, step)| match step {
            Step::Edit(index, newly) => self.record_edit(act, index, newly),
            Step::Change(event) => Some(self.record(act, *event)),
        };
        steps.into_iter().filter_map(entry).collect()
    }
}

#[async_trait]
impl MessageTx for MemoryMessageTx {
    fn standing(&self) -> Standing {
        self.standing
    }

    async fn message(&mut self, message: MessageId) -> PortResult<Option<Message>> {
        let index =
            self.shared.change(|state| state.conversations.get(&self.conversation)?.find(message));
        Ok(index.and_then(|index| self.row(index)).map(|row| row.bare().clone()))
    }

    async fn emojis(&mut self, message: Seq) -> PortResult<Vec<Emoji>> {
        let row = ConversationRow::index(message).and_then(|index| self.row(index));
        Ok(row.map(|row| row.emojis()).unwrap_or_default())
    }

    async fn pin_count(&mut self) -> PortResult<u32> {
        Ok(u32::try_from(self.pins.len()).unwrap_or(u32::MAX))
    }

    async fn edit(
        &mut self,
        message: Seq,
        body: &MessageBody,
        mentions: &Mentions,
        at: Timestamp,
    ) -> PortResult<()> {
        let pos = self.next();
        if let Some((index, row)) = self.touch(message) {
            let newly = row.edit(body.clone(), mentions.clone(), pos, at);
            self.step(at, Step::Edit(index, newly));
        }
        Ok(())
    }

    async fn delete(&mut self, message: Seq, at: Timestamp) -> PortResult<()> {
        if let Some((index, row)) = self.touch(message) {
            row.delete(at);
            let deleted = Event::MessageDeleted(row.reference());
            self.pins.retain(|pin| pin.index != index);
            self.step(at, Step::Change(Box::new(deleted)));
        }
        Ok(())
    }

    async fn react(&mut self, message: Seq, emoji: Emoji, at: Timestamp) -> PortResult<bool> {
        let actor = self.actor;
        let reacted = self.touch(message).and_then(|(_, row)| {
            let count = row.react(actor, emoji)?;
            Some(ReactionChange { message: row.reference(), emoji, count })
        });
        let Some(change) = reacted else { return Ok(false) };
        self.step(at, Step::Change(Box::new(Event::ReactionAdded(change))));
        Ok(true)
    }

    async fn unreact(&mut self, message: Seq, emoji: Emoji, at: Timestamp) -> PortResult<bool> {
        let actor = self.actor;
        let taken_back = self.touch(message).and_then(|(_, row)| {
            let count = row.unreact(actor, emoji)?;
            Some(ReactionChange { message: row.reference(), emoji, count })
        });
        let Some(change) = taken_back else { return Ok(false) };
        self.step(at, Step::Change(Box::new(Event::ReactionRemoved(change))));
        Ok(true)
    }

    async fn pin(&mut self, message: Seq, pinned: bool, at: Timestamp) -> PortResult<bool> {
        let index = ConversationRow::index(message);
        let Some((index, row)) = index.and_then(|index| Some((index, self.row(index)?))) else {
            return Ok(false);
        };
        if pinned == self.pins.iter().any(|pin| pin.index == index) {
            return Ok(false);
        }
        let event = if pinned {
            self.pins.push(PinRow { index, by: self.actor, at });
            Event::MessagePinned(row.reference())
        } else {
            self.pins.retain(|pin| pin.index != index);
            Event::MessageUnpinned(row.reference())
        };
        self.step(at, Step::Change(Box::new(event)));
        Ok(true)
    }

    async fn commit(self: Box<Self>) -> PortResult<()> {
        let Self { shared, conversation, touched, pins, steps, turn, .. } = *self;
        let entries = shared.change(|state| {
            let Some(row) = state.conversations.get_mut(&conversation) else { return Vec::new() };
            for (index, message) in touched {
                row.replace(index, message);
            }
            row.replace_pins(pins);
            row.write(steps)
        });
        if !entries.is_empty() {
            shared.feed.entries(entries);
        }
        drop(turn);
        Ok(())
    }
}
