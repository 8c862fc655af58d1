//! Sending at a fixed rate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{Sender, error::TrySendError};

use crate::{meter::Meter, seat::Command};

/// A thread that tells senders when their next message is due, evenly spread and in turn.
///
/// A thread of its own and not a timer of the runtime: those tick in milliseconds, which is as much
/// as the latency that is to be measured.
#[derive(Debug)]
pub struct Pacer {
    stopped: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Pacer {
    /// Starts with `rate` messages a second over all senders.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        meter: Arc<Meter>,
        senders: Vec<Sender<Command>>,
        rate: u32,
    ) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stopped);
        let thread = thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || pace(&meter, &senders, rate, &seen))?;
        Ok(Self { stopped, thread })
    }

    /// Ends it: nothing is due after this.
    pub fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        // It holds nothing that a panic could have broken, and none is possible.
        let _ended = self.thread.join();
    }
}

fn pace(meter: &Meter, senders: &[Sender<Command>], rate: u32, stopped: &AtomicBool) {
    let start = meter.now();
    for (turn, sender) in (0_u64..).zip(senders.iter().cycle()) {
        let due = start + due_after(turn, rate);
        let wait = meter.instant(due).saturating_duration_since(Instant::now());
        if wait > Duration::ZERO {
            thread::sleep(wait);
        }
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        match sender.try_send(Command::Send { due }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => meter.count_skipped(),
            // The connection ended; its seat has said why.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}

/// ns from the start until turn `turn` is due; counted from the start each time, so that rounding
/// does not add up.
fn due_after(turn: u64, rate: u32) -> u64 {
    let ns = u128::from(turn) * 1_000_000_000 / u128::from(rate.max(1));
    u64::try_from(ns).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_as_many_turns_as_the_rate() {
        for rate in [1, 3, 300, 7_777, 1_000_000] {
            assert_eq!(due_after(0, rate), 0);
            assert_eq!(due_after(u64::from(rate), rate), 1_000_000_000);
            assert_eq!(due_after(3_600 * u64::from(rate), rate), 3_600_000_000_000);
        }
    }
}
