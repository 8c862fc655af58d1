use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Violation;
use crate::tag::Name;

/// How far ahead of the log a position may be and still be kept; further ones are absurd.
const FURTHEST: usize = 1_000_000;

/// Where a conversation stood before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// Its last position.
    pub pos: u64,
    /// The number of its last message.
    pub seq: u64,
}

/// What is at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Number of the message; `None` for any other change.
    pub seq: Option<u64>,
    /// The message; `None` when it is not one of this run.
    pub name: Option<Name>,
}

/// The one log of a conversation that all its readers must agree on: the first who gets a position
/// writes it down, all others are compared with it.
#[derive(Debug)]
pub struct Ledger {
    /// The conversation's id.
    pub conversation: String,
    /// Where it stood before the run.
    pub base: Base,
    slots: Mutex<Vec<Slot>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    delivered: Option<Record>,
    acknowledged: Option<Record>,
}

impl Ledger {
    /// A ledger of a conversation that stood at `base`.
    pub const fn new(conversation: String, base: Base) -> Self {
        Self { conversation, base, slots: Mutex::new(Vec::new()) }
    }

    /// The last position that was delivered or acknowledged.
    pub fn end(&self) -> u64 {
        self.base.pos + u64::try_from(self.slots().len()).unwrap_or(u64::MAX)
    }

    /// Notes what a reader got at a position.
    ///
    /// # Errors
    /// Another reader, or the acknowledgement, had something else there.
    pub fn delivered(&self, pos: u64, record: Record) -> Result<(), Violation> {
        self.note(pos, record, |slot| &mut slot.delivered)
    }

    /// Notes what was acknowledged at a position.
    ///
    /// # Errors
    /// A reader had something else there.
    pub fn acknowledged(&self, pos: u64, record: Record) -> Result<(), Violation> {
        self.note(pos, record, |slot| &mut slot.acknowledged)
    }

    fn note(
        &self,
        pos: u64,
        record: Record,
        half: impl Fn(&mut Slot) -> &mut Option<Record>,
    ) -> Result<(), Violation> {
        let Some(index) = pos.checked_sub(self.base.pos + 1) else {
            // From before the run: nothing of it is known here.
            return Ok(());
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let mut slots = self.slots();
        if index >= slots.len() {
            if index - slots.len() > FURTHEST {
                return Err(self.history(format!("pos {pos} is far beyond its end")));
            }
            slots.resize(index + 1, Slot::default());
        }
        let Some(slot) = slots.get_mut(index) else { return Ok(()) };
        if half(slot).is_none() {
            *half(slot) = Some(record);
        }
        for noted in [slot.delivered, slot.acknowledged].into_iter().flatten() {
            if noted != record {
                let conversation = self.conversation.clone();
                return Err(Violation::Disagreement {
                    conversation,
                    pos,
                    one: noted,
                    other: record,
                });
            }
        }
        Ok(())
    }

    /// What is wrong with the log as a whole, once everything has arrived: acknowledged and not
    /// delivered, delivered and not acknowledged, twice in the log.
    pub fn audit(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut first_at = HashMap::new();
        for (pos, slot) in (self.base.pos + 1..).zip(self.slots().iter()) {
            let conversation = self.conversation.clone();
            let Some(name) = slot.delivered.or(slot.acknowledged).and_then(|record| record.name)
            else {
                continue;
            };
            if let Some(first) = first_at.insert(name, pos) {
                let conversation = conversation.clone();
                violations.push(Violation::Twin { conversation, name, first, second: pos });
            }
            if slot.delivered.is_none() {
                violations.push(Violation::Lost { conversation, name, pos });
            } else if slot.acknowledged.is_none() {
                violations.push(Violation::Unacknowledged { conversation, name, pos });
            }
        }
        violations
    }

    /// The messages that were delivered or acknowledged, in order: position and what is there.
    pub fn messages(&self) -> Vec<(u64, Record)> {
        let slots = self.slots();
        (self.base.pos + 1..)
            .zip(slots.iter())
            .filter_map(|(pos, slot)| Some((pos, slot.delivered.or(slot.acknowledged)?)))
            .filter(|(_, record)| record.seq.is_some())
            .collect()
    }

    pub(super) fn history(&self, difference: String) -> Violation {
        Violation::History { conversation: self.conversation.clone(), difference }
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a reader had an entry already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// No.
    New,
    /// Yes: it drops it, as every client must.
    Before,
}

/// What one connection has of a conversation: a cursor.
#[derive(Debug)]
pub struct View {
    reader: String,
    pos: u64,
    seq: u64,
    /// Entries that came again.
    pub duplicates: u64,
}

impl View {
    /// A reader who has everything up to `base`.
    pub const fn new(reader: String, base: Base) -> Self {
        Self { reader, pos: base.pos, seq: base.seq, duplicates: 0 }
    }

    /// Who reads.
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// The last position it has.
    pub const fn pos(&self) -> u64 {
        self.pos
    }

    /// Takes an entry: checks that it follows on what the reader has, and that it is what others
    /// have at that position. After a hole it goes on behind it, so that one hole is one violation.
    ///
    /// # Errors
    /// It does not.
    pub fn take(&mut self, ledger: &Ledger, pos: u64, record: Record) -> Result<Seen, Violation> {
        if pos <= self.pos {
            self.duplicates += 1;
            ledger.delivered(pos, record)?;
            return Ok(Seen::Before);
        }
        let expected = self.pos + 1;
        self.pos = pos;
        let after = self.seq;
        self.seq = record.seq.unwrap_or(after);
        let conversation = || ledger.conversation.clone();
        if pos != expected {
            let reader = self.reader.clone();
            return Err(Violation::Hole {
                reader,
                conversation: conversation(),
                expected,
                got: pos,
            });
        }
        if let Some(got) = record.seq.filter(|seq| *seq != after + 1) {
            let reader = self.reader.clone();
            return Err(Violation::Order { reader, conversation: conversation(), after, got });
        }
        ledger.delivered(pos, record)?;
        Ok(Seen::New)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Base = Base { pos: 10, seq: 4 };

    fn ledger() -> Ledger {
        Ledger::new("c1".to_owned(), BASE)
    }

    fn view() -> View {
        View::new("ayu".to_owned(), BASE)
    }

    fn message(seq: u64, counter: u32) -> Record {
        Record { seq: Some(seq), name: Some(Name { sender: 0, counter }) }
    }

    const JOINED: Record = Record { seq: None, name: None };

    #[test]
    fn a_log_that_everybody_gets_in_order_is_fine() {
        let (ledger, mut ayu, mut budi) = (ledger(), view(), view());
        for (pos, record) in [(11, message(5, 0)), (12, JOINED), (13, message(6, 1))] {
            assert_eq!(ayu.take(&ledger, pos, record), Ok(Seen::New));
            assert_eq!(budi.take(&ledger, pos, record), Ok(Seen::New));
        }
        ledger.acknowledged(11, message(5, 0)).unwrap();
        ledger.acknowledged(13, message(6, 1)).unwrap();
        assert_eq!(ledger.audit(), []);
        assert_eq!((ledger.end(), ayu.pos()), (13, 13));
        assert_eq!(ledger.messages(), [(11, message(5, 0)), (13, message(6, 1))]);
    }

    #[test]
    fn a_repeated_entry_is_dropped_and_counted() {
        let (ledger, mut ayu) = (ledger(), view());
        ayu.take(&ledger, 11, message(5, 0)).unwrap();
        assert_eq!(ayu.take(&ledger, 11, message(5, 0)), Ok(Seen::Before));
        assert_eq!(ayu.take(&ledger, 10, message(4, 99)), Ok(Seen::Before), "from before the run");
        assert_eq!(ayu.duplicates, 2);
        let other = ayu.take(&ledger, 11, message(5, 1));
        assert!(matches!(other, Err(Violation::Disagreement { pos: 11, .. })), "{other:?}");
    }

    #[test]
    fn a_hole_is_one_violation() {
        let (ledger, mut ayu) = (ledger(), view());
        ayu.take(&ledger, 11, message(5, 0)).unwrap();
        let hole = ayu.take(&ledger, 13, message(7, 2));
        assert!(matches!(hole, Err(Violation::Hole { expected: 12, got: 13, .. })), "{hole:?}");
        assert_eq!(ayu.take(&ledger, 14, message(8, 3)), Ok(Seen::New));
    }

    #[test]
    fn a_hole_in_the_numbers_of_messages_is_found() {
        let (ledger, mut ayu) = (ledger(), view());
        let order = ayu.take(&ledger, 11, message(6, 0));
        assert!(matches!(order, Err(Violation::Order { after: 4, got: 6, .. })), "{order:?}");
    }

    #[test]
    fn readers_who_get_different_entries_at_one_position_are_found() {
        let (ledger, mut ayu, mut budi) = (ledger(), view(), view());
        ayu.take(&ledger, 11, message(5, 0)).unwrap();
        let other = budi.take(&ledger, 11, message(5, 1));
        assert!(matches!(other, Err(Violation::Disagreement { pos: 11, .. })), "{other:?}");
        let acked = ledger.acknowledged(11, message(5, 7));
        assert!(matches!(acked, Err(Violation::Disagreement { pos: 11, .. })), "{acked:?}");
    }

    #[test]
    fn what_was_acknowledged_and_never_came_is_lost() {
        let ledger = ledger();
        ledger.acknowledged(11, message(5, 0)).unwrap();
        assert!(matches!(ledger.audit()[..], [Violation::Lost { pos: 11, .. }]));
    }

    #[test]
    fn what_came_and_was_never_acknowledged_is_found() {
        let (ledger, mut ayu) = (ledger(), view());
        ayu.take(&ledger, 11, message(5, 0)).unwrap();
        assert!(matches!(ledger.audit()[..], [Violation::Unacknowledged { pos: 11, .. }]));
    }

    #[test]
    fn one_message_at_two_positions_is_a_twin() {
        let (ledger, mut ayu) = (ledger(), view());
        for (pos, seq) in [(11, 5), (12, 6)] {
            ayu.take(&ledger, pos, message(seq, 0)).unwrap();
            ledger.acknowledged(pos, message(seq, 0)).unwrap();
        }
        let twin = ledger.audit();
        assert!(matches!(twin[..], [Violation::Twin { first: 11, second: 12, .. }]), "{twin:?}");
    }

    #[test]
    fn an_absurd_position_takes_no_memory() {
        assert!(ledger().delivered(u64::MAX, JOINED).is_err());
    }
}
