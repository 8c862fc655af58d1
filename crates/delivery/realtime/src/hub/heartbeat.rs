//! The one clock of all connections: pings, silence, expiry.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use kabar_kernel::Clock;

use super::Hub;
use crate::{CloseCode, frame};

/// How connections are kept alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Seconds between pings.
    pub interval: u32,
    /// Seconds of silence after which a peer is taken for dead.
    pub silence: u32,
}

impl Default for Heartbeat {
    /// A ping every 25 s, dead after 60 s.
    fn default() -> Self {
        Self { interval: 25, silence: 60 }
    }
}

impl Hub {
    /// Once a second, moves the coarse clocks, pings who is due, and closes who is silent
    /// ([`CloseCode::TimedOut`]) or whose token is over ([`CloseCode::Unauthenticated`]). Runs until
    /// it is dropped.
    pub async fn beat(self: Arc<Self>, heartbeat: Heartbeat, clock: Arc<dyn Clock>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let began = tokio::time::Instant::now();
        let ping = frame::ping();
        loop {
            second.tick().await;
            let seconds = u32::try_from(began.elapsed().as_secs()).unwrap_or(u32::MAX);
            self.seconds.store(seconds, Ordering::Relaxed);
            let now = clock.now();
            self.wall.store(now.as_millis(), Ordering::Relaxed);
            for device in self.directory.all() {
                let connection = &device.connection;
                if device.has_expired(now) {
                    connection.close(CloseCode::Unauthenticated);
                } else if connection.silent_for(seconds) >= heartbeat.silence {
                    connection.close(CloseCode::TimedOut);
                } else if connection.ping_due(seconds, heartbeat.interval) {
                    connection.push(ping.clone());
                }
            }
        }
    }
}
