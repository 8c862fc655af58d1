//! A message on its way into the log, and what is answered to whoever sent it.

use std::collections::HashMap;

use kabar_chats::{
    Entry, Message, Quote,
    ports::{Append, Appended, NewMessage},
};
use kabar_kernel::{MessageId, PortError, PortResult, Pos, Seq};
use tokio::sync::oneshot;

use crate::{
    codec::posted,
    failure::{Failure, Shared},
};

/// What a failed append is called.
pub(super) const OPERATION: &str = "append a message";

pub(super) type Answer = oneshot::Sender<PortResult<Append>>;

/// A message that waits to be appended.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) message: NewMessage,
    pub(super) answer: Answer,
    /// Whoever sent a message with the same client id into the same batch: they get the answer of
    /// this one.
    pub(super) twins: Vec<Answer>,
}

/// The messages that created ones answer, as they are after the commit.
pub(super) type Quotes = HashMap<MessageId, Quote>;

/// Where in its log a message was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seq: i64,
    pub(crate) pos: i64,
}

/// What the transaction decided about a message.
#[derive(Debug, Clone)]
pub(super) enum Decision {
    /// It is stored there, by this transaction.
    Created(Place),
    /// One with its client id had been stored before; as it is now.
    Found(Box<Message>),
    /// Its author is not a member.
    NotAMember,
    /// It calls everybody by the right of another roster than the present one.
    Outdated,
}

impl Decision {
    pub(super) const fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }
}

impl Job {
    pub(super) const fn new(message: NewMessage, answer: Answer) -> Self {
        Self { message, answer, twins: Vec::new() }
    }

    /// The committed decision as an answer that still has to be sent, and as an entry to announce.
    pub(super) fn settle(self, decision: Decision, quotes: &Quotes) -> (Settled, Option<Entry>) {
        let (append, entry) = match decision {
            Decision::Created(place) => {
                let message = stored_at(self.message, place, quotes);
                let entry = posted(message.clone());
                (Append::Appended(Appended { message, created: true }), Some(entry))
            }
            Decision::Found(message) => {
                (Append::Appended(Appended { message: *message, created: false }), None)
            }
            Decision::NotAMember => (Append::NotAMember, None),
            Decision::Outdated => (Append::Outdated, None),
        };
        (Settled { append, answer: self.answer, twins: self.twins }, entry)
    }

    /// Answers that it failed. Nothing was stored, or nobody knows.
    pub(super) fn fail(self, failure: &Shared) {
        for answer in self.twins.into_iter().chain([self.answer]) {
            // Whoever asked may have gone away.
            drop(answer.send(Err(failure.port(OPERATION))));
        }
    }
}

/// A committed decision and those who wait for it.
#[derive(Debug)]
pub(super) struct Settled {
    append: Append,
    answer: Answer,
    twins: Vec<Answer>,
}

impl Settled {
    /// Sends the answers; whoever asked may have gone away.
    pub(super) fn answer(self) {
        for twin in self.twins {
            let append = match &self.append {
                Append::Appended(appended) => {
                    Append::Appended(Appended { message: appended.message.clone(), created: false })
                }
                Append::NotAMember => Append::NotAMember,
                Append::Outdated => Append::Outdated,
            };
            drop(twin.send(Ok(append)));
        }
        drop(self.answer.send(Ok(self.append)));
    }
}

fn stored_at(message: NewMessage, place: Place, quotes: &Quotes) -> Message {
    let reply_to = message.reply.map(|reply| reply.message);
    let quote = reply_to.and_then(|id| quotes.get(&id)).cloned().map(Box::new);
    Message {
        id: message.id,
        conversation: message.conversation,
        seq: Seq::new(crate::codec::number(place.seq)),
        pos: Pos::new(crate::codec::number(place.pos)),
        author: message.author,
        client_id: message.client_id,
        body: message.body,
        reply_to,
        quote,
        forward: message.forward,
        mentions: message.mentions,
        reactions: Vec::new(),
        created_at: message.created_at,
        edited_at: None,
        deleted_at: None,
    }
}

/// The failure of a lane that takes no more.
pub(super) fn refused(why: &'static str) -> PortError {
    PortError::transient(OPERATION, why)
}

/// The failure of one whose lane ended before it answered.
pub(super) fn unanswered() -> PortError {
    Failure::Ended.port(OPERATION)
}
