use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::Bench;
use crate::{
    cli::Idle,
    proc::Probe,
    protocol::{self, Event},
    report::{IdleOutcome, Measured},
    socket::{Ended, Socket},
};

/// Connections that are opened at once.
const OPENING_AT_ONCE: usize = 64;

/// Longest wait for `ready`.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// Memory is at rest when two readings this far apart differ by less than a hundredth.
const REST: Duration = Duration::from_millis(500);

/// Longest wait for memory to come to rest.
const REST_WITHIN: Duration = Duration::from_secs(5);

impl Bench {
    /// Opens connections and lets them be.
    pub(super) async fn idle(&mut self, asked: &Idle) -> anyhow::Result<Measured> {
        let users = std::cmp::min(asked.users, asked.connections);
        let accounts = self.accounts.take(usize::try_from(users)?).await?;
        let authority = self.api.authority()?;
        let rss_before = settled_rss(&self.probe).await;

        let open =
            accounts.iter().cycle().take(usize::try_from(asked.connections)?).map(|account| {
                let (authority, token) = (authority.clone(), account.token.clone());
                async move { tokio::spawn(open(authority, token)).await? }
            });
        let sockets: Vec<Socket> =
            stream::iter(open).buffer_unordered(OPENING_AT_ONCE).try_collect().await?;
        let rss_after = settled_rss(&self.probe).await;

        let before = self.probe.usage();
        let lost = hold(sockets, asked.hold).await;
        let spent = self.probe.usage().since(&before);
        let outcome = IdleOutcome {
            rss_before,
            rss_after,
            lost,
            hold_seconds: asked.hold.as_secs_f64(),
            spent,
        };
        Ok(Measured::Idle { connections: asked.connections, users, outcome })
    }
}

async fn open(authority: String, token: String) -> anyhow::Result<Socket> {
    let mut socket = Socket::connect(&authority, &token).await?;
    let mut ready = false;
    let wait = async {
        loop {
            socket.take(|frame, _| {
                ready |= matches!(protocol::decode(frame), Ok(Event::Ready { .. }))
            })?;
            if ready {
                return Ok::<_, Ended>(());
            }
            socket.wait().await?;
        }
    };
    timeout(READY_WITHIN, wait).await??;
    Ok(socket)
}

/// Keeps connections open, answering pings, for some time; how many ended before that.
async fn hold(sockets: Vec<Socket>, time: Duration) -> u32 {
    let lost = Arc::new(AtomicU32::new(0));
    let (over, wait_over) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for mut socket in sockets {
        let (lost, mut over) = (Arc::clone(&lost), wait_over.clone());
        tasks.spawn(async move {
            tokio::select! {
                _ended = keep(&mut socket) => { lost.fetch_add(1, Ordering::Relaxed); }
                _over = over.changed() => socket.close(),
            }
        });
    }
    sleep(time).await;
    let count = lost.load(Ordering::Relaxed);
    // Nobody listens any more only when all connections are lost, and that is counted.
    let _all_lost = over.send(true);
    tasks.join_all().await;
    count
}

async fn keep(socket: &mut Socket) -> Result<(), Ended> {
    loop {
        socket.take(|_, _| {})?;
        socket.flush()?;
        socket.wait().await?;
    }
}

/// The server's memory once it is at rest.
async fn settled_rss(probe: &Probe) -> Option<u64> {
    let deadline = Instant::now() + REST_WITHIN;
    let mut last = probe.server_rss()?;
    loop {
        sleep(REST).await;
        let now = probe.server_rss()?;
        if now.abs_diff(last) < last / 100 || Instant::now() > deadline {
            return Some(now);
        }
        last = now;
    }
}
