//! What must hold of every run, checked while it is measured.

mod history;
mod ledger;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

pub use history::check_history;
pub use ledger::{Base, Ledger, Record, Seen, View};

use crate::tag::Name;

/// Violations that are kept with their words; all are counted.
const KEPT: usize = 20;

/// A promise of the server that did not hold. `conversation` is its id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A connection missed entries.
    #[error("hole: {reader} got pos {got} of {conversation} and waited for {expected}")]
    Hole {
        /// Whose connection.
        reader: String,
        /// In which conversation.
        conversation: String,
        /// The position that comes next.
        expected: u64,
        /// The position that came.
        got: u64,
    },
    /// The numbers of messages have a hole or go back.
    #[error("order: {reader} got seq {got} of {conversation} after {after}")]
    Order {
        /// Whose connection.
        reader: String,
        /// In which conversation.
        conversation: String,
        /// The last number before.
        after: u64,
        /// The number that came.
        got: u64,
    },
    /// Two readers, or a reader and an answer, disagree about a position.
    #[error("disagreement about pos {pos} of {conversation}: {one} and {other}")]
    Disagreement {
        /// In which conversation.
        conversation: String,
        /// About which position.
        pos: u64,
        /// What the first one got.
        one: Record,
        /// What the other one got.
        other: Record,
    },
    /// One message has two positions.
    #[error("twin: message {name} of {conversation} is at pos {first} and {second}")]
    Twin {
        /// In which conversation.
        conversation: String,
        /// The message.
        name: Name,
        /// Its first position.
        first: u64,
        /// Its second position.
        second: u64,
    },
    /// A message was acknowledged and nobody got it.
    #[error("lost: message {name} of {conversation} was acknowledged at pos {pos} and never came")]
    Lost {
        /// In which conversation.
        conversation: String,
        /// The message.
        name: Name,
        /// Where it was acknowledged.
        pos: u64,
    },
    /// A message was delivered and not acknowledged.
    #[error("unacknowledged: message {name} of {conversation} is at pos {pos} without an answer")]
    Unacknowledged {
        /// In which conversation.
        conversation: String,
        /// The message.
        name: Name,
        /// Where it is.
        pos: u64,
    },
    /// A connection did not get all that others got.
    #[error("incomplete: {reader} has {conversation} up to pos {reached} of {end}")]
    Incomplete {
        /// Whose connection.
        reader: String,
        /// In which conversation.
        conversation: String,
        /// The last position it got.
        reached: u64,
        /// The last position of the log.
        end: u64,
    },
    /// Commands were never answered.
    #[error("unanswered: {count} commands of {reader} got neither an acknowledgement nor an error")]
    Unanswered {
        /// Whose connection.
        reader: String,
        /// How many.
        count: u32,
    },
    /// The history differs from what was acknowledged.
    #[error("history of {conversation}: {difference}")]
    History {
        /// In which conversation.
        conversation: String,
        /// What differs.
        difference: String,
    },
    /// A connection ended that should not have.
    #[error("connection of {reader}: {ended}")]
    Connection {
        /// Whose connection.
        reader: String,
        /// How it ended.
        ended: String,
    },
    /// A frame was not what the protocol says.
    #[error("protocol: {reader} got {problem}")]
    Protocol {
        /// Whose connection.
        reader: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// The violations of one run.
#[derive(Debug, Default)]
pub struct Violations(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    first: Vec<Violation>,
    count: u64,
}

impl Violations {
    /// Notes one.
    pub fn add(&self, violation: Violation) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        if kept.first.len() < KEPT {
            kept.first.push(violation);
        }
    }

    /// Notes several.
    pub fn extend(&self, violations: impl IntoIterator<Item = Violation>) {
        violations.into_iter().for_each(|violation| self.add(violation));
    }

    /// How many there were, and the words of the first twenty.
    pub fn summary(&self) -> (u64, Vec<String>) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.count, kept.first.iter().map(ToString::to_string).collect())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.seq, self.name) {
            (Some(seq), Some(name)) => write!(f, "message {name} (seq {seq})"),
            (Some(seq), None) => write!(f, "a message of somebody else (seq {seq})"),
            (None, _) => f.write_str("a change that is no message"),
        }
    }
}
