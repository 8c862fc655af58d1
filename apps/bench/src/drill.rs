//! One operation that is no message, done at a fixed rate by several workers and measured.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::{sync::mpsc::Sender, time::sleep};

use crate::{
    meter::{Meter, Percentiles, Span},
    pace::Pacer,
    proc::{Probe, Spent},
    seat::Command,
    verify::{Violation, Violations},
};

/// How often the end of the drain is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How an operation is done.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How often a second, over all workers.
    pub rate: u32,
    /// How long before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub time: Duration,
    /// How long to wait for the last answers.
    pub drain: Duration,
}

/// What an operation cost.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// Seconds that were measured.
    pub seconds: f64,
    /// Operations that were answered in that time.
    pub count: u64,
    /// From due to answered.
    pub latency: Option<Percentiles>,
    /// CPU that was spent in that time.
    pub spent: Spent,
    /// Operations that were refused, over the whole run.
    pub refused: u64,
    /// The first refusal.
    pub first_refusal: Option<String>,
    /// Operations that the generator was too slow to begin.
    pub skipped: u64,
    /// Answers that were wrong or never came.
    pub violations: u64,
    /// The first of them.
    pub violation_details: Vec<String>,
}

/// What all workers of a drill share.
#[derive(Debug)]
pub struct Drill {
    meter: Arc<Meter>,
    violations: Violations,
    first_refusal: Mutex<Option<String>>,
    /// Begun and not answered.
    open: AtomicU64,
    /// Workers that will begin nothing more.
    resting: AtomicU64,
}

impl Drill {
    /// A drill that has not begun.
    ///
    /// # Errors
    /// As [`Meter::start`].
    pub fn new() -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            meter: Arc::new(Meter::start()?),
            violations: Violations::default(),
            first_refusal: Mutex::new(None),
            open: AtomicU64::new(0),
            resting: AtomicU64::new(0),
        }))
    }

    /// One operation begins.
    pub fn begin(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One that was due at this time is answered.
    pub fn answered(&self, due: u64) {
        self.meter.count_acked();
        self.meter.time(Span::Ack, self.meter.now(), &[due]);
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// One is refused.
    pub fn refused(&self, problem: String) {
        self.meter.count_refused();
        let mut first = self.first_refusal.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(problem);
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// A promise does not hold.
    pub fn violated(&self, violation: Violation) {
        self.violations.add(violation);
    }

    /// A worker has come to [`Command::Stop`], or has ended, and begins nothing more.
    pub fn rest(&self) {
        self.resting.fetch_add(1, Ordering::Release);
    }

    /// Lets the workers, of whom there is one at least, do it in turn; they are left stopped.
    ///
    /// # Errors
    /// No thread can be started.
    pub async fn run(
        &self,
        probe: &Probe,
        pace: Pace,
        workers: Vec<Sender<Command>>,
    ) -> anyhow::Result<Done> {
        let meter = &self.meter;
        let pacer = Pacer::start(Arc::clone(meter), workers.clone(), pace.rate)?;
        sleep(pace.warm_up).await;
        meter.open_window();
        let (counts, usage) = (meter.counts(), probe.usage());
        sleep(pace.time).await;
        let (counts_after, usage_after) = (meter.counts(), probe.usage());
        meter.close_window();
        pacer.stop();
        self.drain(&workers, pace.drain).await;
        let (violations, violation_details) = self.violations.summary();
        let totals = meter.counts();
        let first = self.first_refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Done {
            seconds: (counts_after.at - counts.at).as_secs_f64(),
            count: counts_after.acked - counts.acked,
            latency: meter.percentiles(Span::Ack),
            spent: usage_after.since(&usage),
            refused: totals.refused,
            first_refusal: first,
            skipped: totals.skipped,
            violations,
            violation_details,
        })
    }

    /// Waits until everything is answered or the time is up.
    async fn drain(&self, workers: &[Sender<Command>], time: Duration) {
        for worker in workers {
            // Closed when the worker has ended, which is among the violations.
            let _ended = worker.send(Command::Stop).await;
        }
        let all = u64::try_from(workers.len()).unwrap_or(u64::MAX);
        let deadline = Instant::now() + time;
        let is_done = || {
            self.resting.load(Ordering::Acquire) >= all && self.open.load(Ordering::Relaxed) == 0
        };
        while !is_done() && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
        let open = self.open.load(Ordering::Relaxed);
        if open > 0 {
            let count = u32::try_from(open).unwrap_or(u32::MAX);
            self.violated(Violation::Unanswered { reader: "the crowd".to_owned(), count });
        }
    }
}
