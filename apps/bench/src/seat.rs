//! One connection of a run: it reads, checks, and perhaps sends.

mod desk;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, anyhow};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::{sleep, timeout},
};

use crate::{
    account::Account,
    api::Api,
    meter::Meter,
    protocol,
    socket::{Ended, Socket},
    tag::RunId,
    verify::{Ledger, Violation, Violations},
};
use desk::Desk;

/// Commands that may wait for a connection; a sender that is further behind skips messages.
const WAITING: usize = 1024;

/// How long `ready` may take. Registered people connect all at once, and the server may be busy.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// How long a connection stays away when it is dropped on purpose.
const AWAY: Duration = Duration::from_millis(100);

/// What a seat is told.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    /// Send, and again at each acknowledgement, with this many unanswered.
    Start {
        /// Unanswered messages.
        in_flight: u16,
    },
    /// Send one message.
    Send {
        /// When it was due, in ns of the run's clock.
        due: u64,
    },
    /// Break the connection off, come back and catch up.
    Drop,
    /// Send nothing more.
    Stop,
    /// Leave.
    Finish,
}

/// What all connections of a run share.
#[derive(Debug)]
pub struct Shared {
    /// The HTTP side.
    pub api: Api,
    /// `host:port` of the server.
    pub authority: String,
    /// The run.
    pub run: RunId,
    /// Bytes of text a message.
    pub body_bytes: u16,
    /// Whether every message calls everybody.
    pub calls_all: bool,
    /// Counters and latencies.
    pub meter: Arc<Meter>,
    /// What did not hold.
    pub violations: Violations,
    /// The first problem that a message was refused with.
    pub first_problem: Mutex<Option<String>>,
}

impl Shared {
    fn refused(&self, problem: String) {
        self.meter.count_refused();
        let mut first = self.first_problem.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(problem);
    }
}

/// Who sits where.
#[derive(Debug, Clone)]
pub struct Place {
    /// Whose connection.
    pub account: Account,
    /// Which conversation it reads.
    pub ledger: Arc<Ledger>,
    /// Its number among the conversation's senders, when it is one.
    pub sender: Option<u16>,
}

/// How far a seat is, for whoever waits for it.
#[derive(Debug, Default)]
pub struct Progress {
    /// The last position it has.
    pub pos: AtomicU64,
    /// Its unanswered messages.
    pub outstanding: AtomicU32,
    /// It sends nothing more.
    pub stopped: AtomicBool,
    /// It left before it was told to; why is among the violations.
    pub ended: AtomicBool,
}

/// What a seat leaves behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Left {
    /// Entries that came again.
    pub duplicates: u64,
    /// How often it came back after it was dropped on purpose.
    pub resumes: u64,
    /// How often what it had missed was more than is replayed, and was read by HTTP.
    pub gaps: u64,
}

/// One connection.
#[derive(Debug)]
pub struct Seat {
    socket: Socket,
    desk: Desk,
    token: String,
    commands: Receiver<Command>,
    progress: Arc<Progress>,
    left: Left,
}

impl Seat {
    /// Connects and waits for `ready`.
    ///
    /// # Errors
    /// The server refuses, or takes longer than 20 s.
    pub async fn open(
        shared: Arc<Shared>,
        place: Place,
    ) -> anyhow::Result<(Self, Sender<Command>, Arc<Progress>)> {
        let (orders, commands) = channel(WAITING);
        let token = place.account.token.clone();
        let mut desk = Desk::new(shared, place, orders.clone());
        let socket = connect(&mut desk, &token).await?;
        let progress = Arc::new(Progress::default());
        let left = Left::default();
        let seat = Self { socket, desk, token, commands, progress: Arc::clone(&progress), left };
        seat.publish();
        Ok((seat, orders, progress))
    }

    /// Reads, checks and sends until it is told to leave or the connection ends.
    pub async fn run(mut self) -> Left {
        match self.work().await {
            Ok(()) => self.socket.close(),
            Err(error) => {
                let reader = self.desk.view.reader().to_owned();
                let ended = format!("{error:#}");
                self.desk.shared.violations.add(Violation::Connection { reader, ended });
                self.progress.ended.store(true, Ordering::Relaxed);
            }
        }
        Left { duplicates: self.desk.view.duplicates, ..self.left }
    }

    async fn work(&mut self) -> anyhow::Result<()> {
        loop {
            self.socket.flush().map_err(Ended::Broken)?;
            tokio::select! {
                read = self.socket.wait() => {
                    read?;
                    self.desk.take(&mut self.socket)?;
                }
                command = self.commands.recv() => match command {
                    Some(Command::Start { in_flight }) => {
                        self.desk.start(in_flight, self.socket.outbox());
                    }
                    Some(Command::Send { due }) => self.desk.send_due(due, self.socket.outbox()),
                    Some(Command::Drop) => self.resume().await?,
                    Some(Command::Stop) => {
                        self.desk.stop();
                        self.publish();
                        self.progress.stopped.store(true, Ordering::Release);
                    }
                    Some(Command::Finish) | None => return Ok(()),
                }
            }
            if let Some(to) = self.desk.gap.take() {
                self.left.gaps += 1;
                self.fill_gap(to).await?;
            }
            self.publish();
        }
    }

    fn publish(&self) {
        self.progress.pos.store(self.desk.view.pos(), Ordering::Relaxed);
        self.progress.outstanding.store(self.desk.outstanding(), Ordering::Relaxed);
    }

    /// Breaks off without a word and comes back with nothing but the cursor.
    async fn resume(&mut self) -> anyhow::Result<()> {
        // What was on its way on the old connection is lost with it.
        self.desk.lose_connection();
        self.socket.break_off().await;
        sleep(AWAY).await;
        self.socket = connect(&mut self.desk, &self.token).await?;
        self.left.resumes += 1;
        let sync = protocol::sync(
            self.desk.epoch.as_deref(),
            &self.desk.ledger.conversation,
            self.desk.view.pos(),
        );
        self.socket.outbox().text(sync.as_bytes());
        Ok(())
    }

    /// Reads by HTTP what was too much to be replayed.
    async fn fill_gap(&mut self, to: u64) -> anyhow::Result<()> {
        while self.desk.view.pos() < to {
            let path = format!(
                "/v1/conversations/{}/entries?after={}&limit=100",
                self.desk.ledger.conversation,
                self.desk.view.pos()
            );
            let body = self.desk.shared.api.get_bytes(&path, &self.token).await?;
            let (entries, has_more) = protocol::decode_entries(&body).context("entries")?;
            let before = self.desk.view.pos();
            for entry in &entries {
                self.desk.entry(entry);
            }
            if self.desk.view.pos() == before || (!has_more && self.desk.view.pos() < to) {
                return Err(anyhow!("a gap up to pos {to} whose entries end at {before}"));
            }
        }
        self.desk.gap_filled();
        Ok(())
    }
}

async fn connect(desk: &mut Desk, token: &str) -> anyhow::Result<Socket> {
    let reader = desk.view.reader().to_owned();
    let open = async {
        let mut socket = Socket::connect(&desk.shared.authority, token).await?;
        // What the server sent together with its answer to the upgrade is there already.
        desk.take(&mut socket)?;
        while !desk.is_ready {
            socket.wait().await?;
            desk.take(&mut socket)?;
        }
        Ok::<_, anyhow::Error>(socket)
    };
    timeout(READY_WITHIN, open)
        .await
        .unwrap_or_else(|_| Err(anyhow!("no ready within {} s", READY_WITHIN.as_secs())))
        .with_context(|| format!("connecting {reader}"))
}
