use kabar_chats::{
    ClientId, Entry, Event, Mentions, Message, Pin, Quote, Window,
    ports::{MessagePage, NewMessage},
};
use kabar_groups::Act;
use kabar_kernel::{MessageId, Page, PageSize, Pos, Seq, Timestamp, UserId};

use super::{ConversationRow, MessageRow, length};

/// One position of the log. Messages are kept apart, so that every entry shows the present state of
/// what it is about.
pub(super) enum Logged {
    /// The message at this index was posted.
    Post(usize),
    /// The text of the message at this index was changed.
    Edit(Act, usize),
    /// Anything that says all there is to say.
    Change(Act, Box<Event>),
}

/// A pinned message, by its index.
#[derive(Clone, Copy)]
pub(crate) struct PinRow {
    pub(crate) index: usize,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

impl ConversationRow {
    /// Writes a change to the log.
    pub(crate) fn record(&mut self, act: Act, event: Event) -> Entry {
        self.log.push(Logged::Change(act, Box::new(event.clone())));
        self.active_at = act.at;
        self.entry_at(self.head(), act, event)
    }

    /// Writes an edit of the message at an index to the log; `newly` is whom it calls and the text
    /// before did not.
    pub(crate) fn record_edit(&mut self, act: Act, index: usize, newly: Mentions) -> Option<Entry> {
        let message = Box::new(self.shown(index)?);
        self.log.push(Logged::Edit(act, index));
        self.active_at = act.at;
        Some(self.entry_at(self.head(), act, Event::MessageEdited { message, newly }))
    }

    /// Posts a message; answers its index.
    pub(crate) fn post(&mut self, new: NewMessage) -> usize {
        let index = self.messages.len();
        let message = Message {
            id: new.id,
            conversation: self.id,
            seq: self.last_seq().next(),
            pos: self.head().next(),
            author: new.author,
            client_id: new.client_id,
            body: new.body,
            reply_to: new.reply.map(|reply| reply.message),
            quote: None,
            forward: new.forward,
            mentions: new.mentions,
            reactions: Vec::new(),
            created_at: new.created_at,
            edited_at: None,
            deleted_at: None,
        };
        self.log.push(Logged::Post(index));
        self.ids.insert(message.id, index);
        self.sent.insert((message.author, message.client_id.clone()), index);
        self.active_at = message.created_at;
        self.messages.push(MessageRow::new(message, new.reply.map(|reply| reply.author)));
        index
    }

    /// The index of the message that this author's client called so.
    pub(crate) fn sent(&self, author: UserId, client_id: &ClientId) -> Option<usize> {
        self.sent.get(&(author, client_id.clone())).copied()
    }

    /// The index of the message with this id.
    pub(crate) fn find(&self, message: MessageId) -> Option<usize> {
        self.ids.get(&message).copied()
    }

    /// The message row at an index.
    pub(crate) fn row(&self, index: usize) -> Option<&MessageRow> {
        self.messages.get(index)
    }

    /// The index of a number.
    pub(crate) fn index(seq: Seq) -> Option<usize> {
        length(seq.get()).checked_sub(1)
    }

    /// Puts a changed message in its place.
    pub(crate) fn replace(&mut self, index: usize, row: MessageRow) {
        if let Some(place) = self.messages.get_mut(index) {
            *place = row;
        }
    }

    /// The message at an index with its quote, as entries show it.
    fn shown(&self, index: usize) -> Option<Message> {
        let mut message = self.messages.get(index)?.bare().clone();
        let answered = message.reply_to.and_then(|answered| self.row(self.find(answered)?));
        message.quote = answered.map(|row| Box::new(Quote::of(row.bare())));
        Some(message)
    }

    /// The message at an index as one reader sees it.
    pub(crate) fn message_for(&self, index: usize, reader: UserId) -> Option<Message> {
        let reactions = self.messages.get(index)?.reactions(reader);
        Some(Message { reactions, ..self.shown(index)? })
    }

    /// The entry of a message.
    pub(crate) fn posted(&self, index: usize) -> Option<Entry> {
        let message = self.shown(index)?;
        let act = Act { by: message.author, at: message.created_at };
        Some(self.entry_at(message.pos, act, Event::MessagePosted(message)))
    }

    const fn entry_at(&self, pos: Pos, act: Act, event: Event) -> Entry {
        Entry { conversation: self.id, pos, at: act.at, by: act.by, event }
    }

    fn entry(&self, logged: &Logged, pos: Pos) -> Option<Entry> {
        let (act, event) = match logged {
            Logged::Post(index) => return self.posted(*index),
            Logged::Edit(act, index) => {
                let message = Box::new(self.shown(*index)?);
                (act, Event::MessageEdited { message, newly: Mentions::NONE })
            }
            Logged::Change(act, event) => (act, (**event).clone()),
        };
        Some(self.entry_at(pos, *act, event))
    }

    pub(crate) fn entries_after(&self, after: Pos, size: PageSize) -> Page<Entry> {
        let positions = self.log.iter().zip(1..).skip(length(after.get()));
        let entries = positions.filter_map(|(logged, pos)| self.entry(logged, Pos::new(pos)));
        Page::from_overfetch(entries.take(usize::from(size.get()) + 1).collect(), size)
    }

    pub(crate) fn window(&self, reader: UserId, window: Window, size: PageSize) -> MessagePage {
        let (count, size) = (self.messages.len(), usize::from(size.get()));
        let (from, to) = match window {
            Window::Latest => (count.saturating_sub(size), count),
            Window::Before(seq) => {
                let to = length(seq.get()).saturating_sub(1).min(count);
                (to.saturating_sub(size), to)
            }
            Window::After(seq) => {
                let from = length(seq.get()).min(count);
                (from, from.saturating_add(size).min(count))
            }
            Window::Around(seq) => {
                let middle = length(seq.get()).min(count);
                let from = middle.saturating_sub(size.div_ceil(2));
                (from, middle.saturating_add(size / 2).min(count))
            }
        };
        MessagePage {
            head: self.head(),
            items: (from..to).filter_map(|index| self.message_for(index, reader)).collect(),
            has_before: from > 0,
            has_after: to < count,
        }
    }

    /// The pins as they stand, the last pinned last.
    pub(crate) fn pin_rows(&self) -> &[PinRow] {
        &self.pins
    }

    pub(crate) fn replace_pins(&mut self, pins: Vec<PinRow>) {
        self.pins = pins;
    }

    /// The pinned messages as one reader sees them, the last pinned first.
    pub(crate) fn pins_for(&self, reader: UserId) -> Vec<Pin> {
        let last_first = self.pins.iter().rev();
        let pin = |row: &PinRow| {
            let message = self.message_for(row.index, reader)?;
            Some(Pin { message, by: row.by, at: row.at })
        };
        last_first.filter_map(pin).collect()
    }
}
