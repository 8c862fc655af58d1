//! One run: connect, warm up, measure, drain, verify.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use tokio::{
    sync::mpsc::Sender,
    task::JoinHandle,
    time::{interval, sleep},
};

use crate::{
    account::AT_ONCE,
    api::Api,
    cli::Traffic,
    meter::{Meter, Percentiles, Span},
    pace::Pacer,
    proc::{Probe, Spent},
    seat::{Command, Left, Place, Progress, Seat, Shared},
    tag::RunId,
    verify::{Ledger, Violation, Violations, check_history},
};

/// Connections that are opened at once.
const OPENING_AT_ONCE: usize = 64;

/// How often one of the resuming seats is dropped.
const DROP_EVERY: Duration = Duration::from_millis(50);

/// How often the end of the drain is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Who takes part in a run.
#[derive(Debug)]
pub struct Plan {
    /// The connections.
    pub places: Vec<Place>,
    /// The conversations, each with the access token of a member who reads its history.
    pub conversations: Vec<(Arc<Ledger>, String)>,
}

/// Where and how to run.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The HTTP side.
    pub api: &'a Api,
    /// The run.
    pub run: RunId,
    /// What reads CPU and memory.
    pub probe: &'a Probe,
    /// How to send.
    pub traffic: &'a Traffic,
}

/// What a run showed.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Seconds that were measured.
    pub seconds: f64,
    /// Messages that were acknowledged in that time.
    pub acked: u64,
    /// Entries that reached a connection in that time, those of their senders included.
    pub delivered: u64,
    /// Messages that were answered with an error, over the whole run.
    pub refused: u64,
    /// The first such error.
    pub first_refusal: Option<String>,
    /// Messages that the generator was too slow to send at the rate that was asked for.
    pub skipped: u64,
    /// From due to acknowledged.
    pub ack: Option<Percentiles>,
    /// From due to arrived at another member.
    pub delivery: Option<Percentiles>,
    /// From due to sent, when there is a rate: how late the generator was, which is in the others.
    pub lag: Option<Percentiles>,
    /// CPU that was spent in that time.
    pub spent: Spent,
    /// Resident memory of the server at the end of it, in bytes.
    pub server_rss: Option<u64>,
    /// Connections that were dropped on purpose and came back.
    pub resumes: u64,
    /// Resumes that had missed more than is replayed.
    pub gaps: u64,
    /// Entries that came more than once to one connection, which is allowed.
    pub duplicates: u64,
    /// Messages whose presence in the history was checked.
    pub verified: u64,
    /// Promises that did not hold.
    pub violations: u64,
    /// The first of them.
    pub violation_details: Vec<String>,
}

struct Crew {
    seats: Vec<Posted>,
}

struct Posted {
    reader: String,
    ledger: Arc<Ledger>,
    sends: bool,
    orders: Sender<Command>,
    progress: Arc<Progress>,
    task: JoinHandle<Left>,
}

/// Runs a plan.
///
/// # Errors
/// A connection cannot be opened, or the history cannot be read. What does not hold is no error: it
/// is in the outcome.
pub async fn run(setting: Setting<'_>, plan: Plan) -> anyhow::Result<Outcome> {
    let traffic = setting.traffic;
    let meter = Arc::new(Meter::start()?);
    let shared = Arc::new(Shared {
        api: setting.api.clone(),
        authority: setting.api.authority()?,
        run: setting.run,
        body_bytes: traffic.body_bytes,
        calls_all: traffic.calls_all,
        meter: Arc::clone(&meter),
        violations: Violations::default(),
        first_problem: Mutex::new(None),
    });
    let crew = Crew::board(&shared, plan.places).await?;

    let pacer = crew.start(&meter, traffic).await?;
    let dropping = traffic.resume.then(|| tokio::spawn(crew.drop_in_turn()));
    sleep(traffic.warm_up).await;
    meter.open_window();
    let (counts, usage) = (meter.counts(), setting.probe.usage());
    sleep(traffic.seconds).await;
    let (counts_after, usage_after) = (meter.counts(), setting.probe.usage());
    meter.close_window();
    let server_rss = setting.probe.server_rss();

    if let Some(dropping) = dropping {
        dropping.abort();
    }
    if let Some(pacer) = pacer {
        pacer.stop();
    }
    let left = crew.finish(&shared, traffic.drain).await;
    let verified = verify(&shared, &plan.conversations).await?;

    let (violations, violation_details) = shared.violations.summary();
    let totals = meter.counts();
    let first = shared.first_problem.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(Outcome {
        seconds: (counts_after.at - counts.at).as_secs_f64(),
        acked: counts_after.acked - counts.acked,
        delivered: counts_after.delivered - counts.delivered,
        refused: totals.refused,
        first_refusal: first,
        skipped: totals.skipped,
        ack: meter.percentiles(Span::Ack),
        delivery: meter.percentiles(Span::Delivery),
        lag: meter.percentiles(Span::Lag),
        spent: usage_after.since(&usage),
        server_rss,
        resumes: left.resumes,
        gaps: left.gaps,
        duplicates: left.duplicates,
        verified,
        violations,
        violation_details,
    })
}

impl Crew {
    /// Opens all connections; nothing is sent before all are ready.
    async fn board(shared: &Arc<Shared>, places: Vec<Place>) -> anyhow::Result<Self> {
        let seats = stream::iter(places)
            .map(|place| {
                let (shared, mine) = (Arc::clone(shared), place.clone());
                async move {
                    // On a worker, so that opening uses the threads that the run will use.
                    let (seat, orders, progress) = tokio::spawn(Seat::open(shared, mine)).await??;
                    Ok::<_, anyhow::Error>(Posted {
                        reader: place.account.username,
                        ledger: place.ledger,
                        sends: place.sender.is_some(),
                        orders,
                        progress,
                        task: tokio::spawn(seat.run()),
                    })
                }
            })
            .buffered(OPENING_AT_ONCE)
            .try_collect()
            .await?;
        Ok(Self { seats })
    }

    /// Lets the senders send.
    async fn start(&self, meter: &Arc<Meter>, traffic: &Traffic) -> anyhow::Result<Option<Pacer>> {
        let senders = || self.seats.iter().filter(|seat| seat.sends);
        if let Some(rate) = traffic.rate {
            let orders = senders().map(|seat| seat.orders.clone()).collect();
            return Ok(Some(Pacer::start(Arc::clone(meter), orders, rate)?));
        }
        for seat in senders() {
            seat.tell(Command::Start { in_flight: traffic.in_flight }).await;
        }
        Ok(None)
    }

    /// Drops the connections of some of those who only receive, one after the other, for ever.
    fn drop_in_turn(&self) -> impl Future<Output = ()> + use<> {
        // Every fourth, but at least the first: the others show that nobody else is disturbed.
        let dropped = self.seats.iter().filter(|seat| !seat.sends).step_by(4);
        let orders: Vec<_> = dropped.map(|seat| seat.orders.clone()).collect();
        async move {
            let mut ticks = interval(DROP_EVERY);
            for order in orders.iter().cycle() {
                ticks.tick().await;
                // Full or closed: that one is busy coming back, or has left.
                let _busy = order.try_send(Command::Drop);
            }
        }
    }

    /// Stops the senders, waits until everybody has everything or the time is up, and leaves.
    async fn finish(self, shared: &Shared, drain: Duration) -> Left {
        for seat in &self.seats {
            seat.tell(Command::Stop).await;
        }
        let deadline = Instant::now() + drain;
        while !self.seats.iter().all(Posted::is_done) && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
        let mut total = Left::default();
        for seat in self.seats {
            shared.violations.extend(seat.shortfall());
            seat.tell(Command::Finish).await;
            match seat.task.await {
                Ok(left) => {
                    total.duplicates += left.duplicates;
                    total.resumes += left.resumes;
                    total.gaps += left.gaps;
                }
                Err(error) => {
                    let ended = error.to_string();
                    shared.violations.add(Violation::Connection { reader: seat.reader, ended });
                }
            }
        }
        total
    }
}

impl Posted {
    async fn tell(&self, command: Command) {
        // Closed when the seat ended early, which is among the violations.
        let _ended = self.orders.send(command).await;
    }

    fn is_done(&self) -> bool {
        let flag = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        flag(&self.progress.ended)
            || flag(&self.progress.stopped)
                && self.progress.outstanding.load(Ordering::Relaxed) == 0
                && self.progress.pos.load(Ordering::Relaxed) >= self.ledger.end()
    }

    /// What this connection still waits for.
    fn shortfall(&self) -> Vec<Violation> {
        if self.progress.ended.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut violations = Vec::new();
        let (reached, end) = (self.progress.pos.load(Ordering::Relaxed), self.ledger.end());
        if reached < end {
            let (reader, conversation) = (self.reader.clone(), self.ledger.conversation.clone());
            violations.push(Violation::Incomplete { reader, conversation, reached, end });
        }
        let count = self.progress.outstanding.load(Ordering::Relaxed);
        if count > 0 {
            violations.push(Violation::Unanswered { reader: self.reader.clone(), count });
        }
        violations
    }
}

/// Checks every conversation as a whole and against its history; how many messages that were.
async fn verify(shared: &Shared, conversations: &[(Arc<Ledger>, String)]) -> anyhow::Result<u64> {
    let checks = conversations.iter().map(|(ledger, token)| async move {
        shared.violations.extend(ledger.audit());
        check_history(&shared.api, token, shared.run, ledger, &shared.violations).await?;
        Ok::<_, anyhow::Error>(ledger.messages().len())
    });
    let counts: Vec<usize> = stream::iter(checks).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(u64::try_from(counts.iter().sum::<usize>())?)
}
