use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::sync::mpsc::Sender;

use super::{Command, Place, Shared};
use crate::{
    meter::Span,
    protocol::{self, Entry, Event, SendTemplate},
    socket::{Ended, Outbox, Socket},
    tag::{Name, Tag},
    verify::{Ledger, Record, Seen, View, Violation},
};

/// How long a sender waits after a refusal before it sends again, so that a server that refuses
/// everything is not asked as fast as it can refuse.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// What a seat knows: it takes what the server sent and decides what to send.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) shared: Arc<Shared>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) view: View,
    /// `ready` came on this connection.
    pub(super) is_ready: bool,
    /// The epoch that `ready` brought, as JSON.
    pub(super) epoch: Option<String>,
    /// Entries up to here are to be read by HTTP.
    pub(super) gap: Option<u64>,
    author: Option<Author>,
    catching_up: Option<CatchingUp>,
    /// The run's clock when the frames at hand were read.
    now: Option<u64>,
    arrived: u64,
    arrived_due: Vec<u64>,
}

/// The sending half of a seat.
#[derive(Debug)]
struct Author {
    sender: u16,
    next: u32,
    outstanding: u32,
    /// Sends again at each acknowledgement.
    again: bool,
    stopped: bool,
    template: SendTemplate,
    orders: Sender<Command>,
}

/// Between coming back and `synced`: live entries may come before the replay that leads up to them,
/// since the server knows what is missed only when it reads the `sync`. They wait here.
#[derive(Debug, Default)]
struct CatchingUp {
    early: BTreeMap<u64, (Record, u64)>,
    synced: bool,
    gap_open: bool,
}

impl Desk {
    pub(super) fn new(shared: Arc<Shared>, place: Place, orders: Sender<Command>) -> Self {
        let Place { account, ledger, sender } = place;
        let author = sender.map(|sender| Author {
            sender,
            next: 0,
            outstanding: 0,
            again: false,
            stopped: false,
            template: SendTemplate::new(&ledger.conversation, shared.body_bytes, shared.calls_all),
            orders,
        });
        Self {
            view: View::new(account.username, ledger.base),
            shared,
            ledger,
            is_ready: false,
            epoch: None,
            gap: None,
            author,
            catching_up: None,
            now: None,
            arrived: 0,
            arrived_due: Vec::new(),
        }
    }

    /// Messages without an answer.
    pub(super) fn outstanding(&self) -> u32 {
        self.author.as_ref().map_or(0, |author| author.outstanding)
    }

    /// Takes all frames that were read.
    pub(super) fn take(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        self.now = None;
        let taken = socket.take(|frame, outbox| self.frame(frame, outbox));
        let now = self.now();
        self.shared.meter.count_delivered(std::mem::take(&mut self.arrived));
        self.shared.meter.time(Span::Delivery, now, &self.arrived_due);
        self.arrived_due.clear();
        taken
    }

    pub(super) fn start(&mut self, in_flight: u16, outbox: &mut Outbox) {
        self.now = None;
        let now = self.now();
        if let Some(author) = &mut self.author {
            author.again = true;
            for _ in 0..in_flight {
                author.send(&self.shared, now, outbox);
            }
        }
    }

    /// Sends one message that was due at `due`.
    pub(super) fn send_due(&mut self, due: u64, outbox: &mut Outbox) {
        if let Some(author) = self.author.as_mut().filter(|author| !author.stopped) {
            self.shared.meter.time(Span::Lag, self.shared.meter.now(), &[due]);
            author.send(&self.shared, due, outbox);
        }
    }

    pub(super) fn stop(&mut self) {
        if let Some(author) = &mut self.author {
            author.again = false;
            author.stopped = true;
        }
    }

    /// From now on, until `synced`, entries are caught up with.
    pub(super) fn lose_connection(&mut self) {
        self.is_ready = false;
        self.gap = None;
        self.catching_up = Some(CatchingUp::default());
    }

    fn now(&mut self) -> u64 {
        *self.now.get_or_insert_with(|| self.shared.meter.now())
    }

    fn frame(&mut self, frame: &[u8], outbox: &mut Outbox) {
        match protocol::decode(frame) {
            Ok(Event::Entry(entry)) => self.entry(&entry),
            Ok(Event::Ack { pos, seq, client_id }) => self.ack(pos, seq, client_id, outbox),
            Ok(Event::Refused { problem }) => self.refused(problem),
            Ok(Event::Ready { epoch }) => {
                self.is_ready = true;
                self.epoch = epoch.map(str::to_owned);
            }
            Ok(Event::Gap { conversation_id, to }) => {
                if conversation_id == self.ledger.conversation {
                    self.gap = self.gap.max(Some(to));
                    if let Some(catching_up) = &mut self.catching_up {
                        catching_up.gap_open = true;
                    }
                }
            }
            Ok(Event::Synced { reset }) => {
                if reset {
                    self.protocol_violation("a reset although the epoch is the same".to_owned());
                }
                if let Some(catching_up) = &mut self.catching_up {
                    catching_up.synced = true;
                }
                self.end_catching_up();
            }
            // A seat moves no cursor; what concerns its user besides the log is not its business.
            Ok(Event::Marked { .. } | Event::Other) => {}
            Err(problem) => self.protocol_violation(problem),
        }
    }

    /// Takes one entry, live, replayed or read by HTTP.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        if entry.conversation_id != self.ledger.conversation {
            // An account of an earlier run may sit in other conversations too.
            return;
        }
        let tag = entry
            .message
            .and_then(|message| Tag::parse(message.client_id))
            .filter(|tag| tag.run == self.shared.run);
        let record = Record { seq: entry.message.map(|m| m.seq), name: tag.map(|tag| tag.name) };
        let due = tag.map_or(0, |tag| tag.due);
        if let Some(catching_up) = &mut self.catching_up
            && entry.pos > self.view.pos() + 1
        {
            catching_up.early.insert(entry.pos, (record, due));
            return;
        }
        self.take_entry(entry.pos, record, due);
        while let Some(catching_up) = &mut self.catching_up
            && let Some((record, due)) = catching_up.early.remove(&(self.view.pos() + 1))
        {
            self.take_entry(self.view.pos() + 1, record, due);
        }
    }

    fn take_entry(&mut self, pos: u64, record: Record, due: u64) {
        match self.view.take(&self.ledger, pos, record) {
            Ok(Seen::New) => {
                self.arrived += 1;
                let own = self.author.as_ref().map(|author| author.sender);
                // What was missed on purpose says nothing about how fast the server delivers.
                if self.catching_up.is_none()
                    && let Some(name) = record.name
                    && Some(name.sender) != own
                {
                    self.arrived_due.push(due);
                }
            }
            Ok(Seen::Before) => {}
            Err(violation) => self.shared.violations.add(violation),
        }
    }

    /// All entries of the gap have been taken.
    pub(super) fn gap_filled(&mut self) {
        if let Some(catching_up) = &mut self.catching_up {
            catching_up.gap_open = false;
        }
        self.end_catching_up();
    }

    fn end_catching_up(&mut self) {
        if self.catching_up.as_ref().is_some_and(|c| c.synced && !c.gap_open)
            && let Some(caught_up) = self.catching_up.take()
        {
            // Whatever waits for a replay that never came is behind a hole now, and will be named.
            for (pos, (record, due)) in caught_up.early {
                self.take_entry(pos, record, due);
            }
        }
    }

    fn ack(&mut self, pos: u64, seq: u64, client_id: &str, outbox: &mut Outbox) {
        let now = self.now();
        let tag = Tag::parse(client_id).filter(|tag| tag.run == self.shared.run);
        let (Some(tag), Some(author)) = (tag, &mut self.author) else {
            self.protocol_violation(format!("an acknowledgement of {client_id}, never sent"));
            return;
        };
        author.outstanding = author.outstanding.saturating_sub(1);
        self.shared.meter.count_acked();
        self.shared.meter.time(Span::Ack, now, &[tag.due]);
        let record = Record { seq: Some(seq), name: Some(tag.name) };
        if let Err(violation) = self.ledger.acknowledged(pos, record) {
            self.shared.violations.add(violation);
        }
        if author.again {
            author.send(&self.shared, now, outbox);
        }
    }

    fn refused(&mut self, problem: String) {
        let Some(author) = &mut self.author else {
            self.protocol_violation(format!("the refusal of a sync: {problem}"));
            return;
        };
        author.outstanding = author.outstanding.saturating_sub(1);
        self.shared.refused(problem);
        if author.again {
            let orders = author.orders.clone();
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move {
                tokio::time::sleep(AFTER_REFUSAL).await;
                // Closed when the seat has left meanwhile, and then there is nothing to send.
                let _left = orders.send(Command::Send { due: shared.meter.now() }).await;
            });
        }
    }

    fn protocol_violation(&self, problem: String) {
        let reader = self.view.reader().to_owned();
        self.shared.violations.add(Violation::Protocol { reader, problem });
    }
}

impl Author {
    fn send(&mut self, shared: &Shared, due: u64, outbox: &mut Outbox) {
        let name = Name { sender: self.sender, counter: self.next };
        outbox.text(self.template.frame(&Tag { run: shared.run, name, due }));
        self.next += 1;
        self.outstanding += 1;
    }
}
