//! Counting and timing while a run goes on.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told apart: 2 min, in µs.
const LONGEST: u64 = 120_000_000;

/// The counters, latencies and clock of one run, shared by all its connections.
#[derive(Debug)]
pub struct Meter {
    started: Instant,
    acked: AtomicU64,
    delivered: AtomicU64,
    refused: AtomicU64,
    skipped: AtomicU64,
    window_from: AtomicU64,
    window_to: AtomicU64,
    latencies: Mutex<Latencies>,
}

#[derive(Debug)]
struct Latencies {
    ack: Histogram<u64>,
    delivery: Histogram<u64>,
    lag: Histogram<u64>,
}

/// What a latency is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// From when a message was due to its acknowledgement.
    Ack,
    /// From when a message was due to its arrival at another member's connection.
    Delivery,
    /// From when a message was due until the generator got to sending it.
    Lag,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// Acknowledged messages.
    pub acked: u64,
    /// Entries that reached a connection, its sender's included.
    pub delivered: u64,
    /// Messages that were answered with an error.
    pub refused: u64,
    /// Messages that were due and not sent, since too many before them waited to be.
    pub skipped: u64,
    /// When.
    pub at: Instant,
}

/// Percentiles of a latency in µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Samples.
    pub samples: u64,
    /// Half of them were this fast.
    pub p50_us: u64,
    /// Nine of ten.
    pub p90_us: u64,
    /// Ninety-nine of a hundred.
    pub p99_us: u64,
    /// The slowest.
    pub max_us: u64,
}

impl Meter {
    /// A meter whose clock starts now and whose window is not open.
    ///
    /// # Errors
    /// Never in practice: the bounds of the histograms are constants.
    pub fn start() -> anyhow::Result<Self> {
        let histogram = || Histogram::new_with_bounds(1, LONGEST, 3);
        Ok(Self {
            started: Instant::now(),
            acked: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            window_from: AtomicU64::new(u64::MAX),
            window_to: AtomicU64::new(u64::MAX),
            latencies: Mutex::new(Latencies {
                ack: histogram()?,
                delivery: histogram()?,
                lag: histogram()?,
            }),
        })
    }

    /// ns since the start.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The instant that is `ns` after the start.
    pub fn instant(&self, ns: u64) -> Instant {
        self.started + std::time::Duration::from_nanos(ns)
    }

    /// Messages that are due from now on count for the latencies.
    pub fn open_window(&self) {
        self.window_from.store(self.now(), Ordering::Relaxed);
    }

    /// Messages that are due from now on count no longer.
    pub fn close_window(&self) {
        self.window_to.store(self.now(), Ordering::Relaxed);
    }

    /// Counts one acknowledged message.
    pub fn count_acked(&self) {
        self.acked.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts entries that reached a connection.
    pub fn count_delivered(&self, count: u64) {
        self.delivered.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts one refused message.
    pub fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one message that was due and not sent.
    pub fn count_skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes latencies that end at `now`, of messages that were due at these times. Which of them
    /// count is decided by when they were due, so that slow answers after the end are not lost.
    pub fn time(&self, span: Span, now: u64, due: &[u64]) {
        let from = self.window_from.load(Ordering::Relaxed);
        let to = self.window_to.load(Ordering::Relaxed);
        let mut counted = due.iter().filter(|due| (from..to).contains(*due)).peekable();
        if counted.peek().is_none() {
            return;
        }
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = match span {
            Span::Ack => &mut latencies.ack,
            Span::Delivery => &mut latencies.delivery,
            Span::Lag => &mut latencies.lag,
        };
        for due in counted {
            histogram.saturating_record(now.saturating_sub(*due) / 1_000);
        }
    }

    /// The counters now.
    pub fn counts(&self) -> Counts {
        Counts {
            acked: self.acked.load(Ordering::Relaxed),
            delivered: self.delivered.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
            at: Instant::now(),
        }
    }

    /// The percentiles of a latency; `None` without a sample.
    pub fn percentiles(&self, span: Span) -> Option<Percentiles> {
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = match span {
            Span::Ack => &latencies.ack,
            Span::Delivery => &latencies.delivery,
            Span::Lag => &latencies.lag,
        };
        (!histogram.is_empty()).then(|| Percentiles {
            samples: histogram.len(),
            p50_us: histogram.value_at_quantile(0.5),
            p90_us: histogram.value_at_quantile(0.9),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_due_in_the_window() {
        let meter = Meter::start().unwrap();
        meter.time(Span::Ack, 9_000_000_000, &[1]);
        assert_eq!(meter.percentiles(Span::Ack), None, "the window was not open");
        meter.open_window();
        let from = meter.now();
        let due: Vec<u64> = (0..1_000).map(|n| from + n).collect();
        for (n, due) in (1..=1_000).zip(&due) {
            meter.time(Span::Ack, due + n * 1_000, &[*due]);
        }
        while meter.now() <= from + 1_000 {
            std::hint::spin_loop();
        }
        meter.close_window();
        let late = meter.now() + 1;
        meter.time(Span::Ack, late + 60_000_000_000, &[late]);
        let percentiles = meter.percentiles(Span::Ack).unwrap();
        assert_eq!(
            percentiles,
            Percentiles { samples: 1_000, p50_us: 500, p90_us: 900, p99_us: 990, max_us: 1_000 }
        );
        assert_eq!(meter.percentiles(Span::Delivery), None);
    }
}
