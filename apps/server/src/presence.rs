//! Passes on who comes and goes: notes when users were last there, and tells those who may know.
//!
//! What a coming or going costs the database is paid here, one after the other, and never by a
//! socket. While one batch is passed on the next gathers in the hub.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use kabar_chats::{Presence, Presences};
use kabar_kernel::{Clock, Timestamp, UserId};
use kabar_realtime::{Hub, Transition, Transitions};
use tokio::{sync::oneshot, task::JoinHandle};

/// Most transitions that are passed on at once.
const BATCH: usize = 1000;

/// After how long what could not be noted is noted again.
const NOTE_AGAIN: Duration = Duration::from_secs(1);

/// The task that passes on who comes and goes. Dropping it ends it as [`end`](Self::end) does, but
/// nobody waits for that.
pub(crate) struct PresenceTask {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl PresenceTask {
    /// Begins. Needs a Tokio runtime.
    pub(crate) fn start(
        transitions: Transitions,
        hub: Arc<Hub>,
        presences: Arc<Presences>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let work = Work { hub, presences, clock, unnoted: HashMap::new() };
        Self { stop, task: tokio::spawn(work.run(transitions, stopped)) }
    }

    /// Notes for everybody who is still there that they were last seen now, and ends.
    pub(crate) async fn end(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "who comes and goes was not passed on to the end");
        }
    }
}

struct Work {
    hub: Arc<Hub>,
    presences: Arc<Presences>,
    clock: Arc<dyn Clock>,
    /// When users were last seen, as far as that is not stored yet.
    unnoted: HashMap<UserId, Timestamp>,
}

impl Work {
    async fn run(mut self, mut transitions: Transitions, mut stopped: oneshot::Receiver<()>) {
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                biased;
                // Said or dropped, it is the end.
                _ = &mut stopped => break,
                next = transitions.next() => match next {
                    Some(transition) => batch.push(transition),
                    None => break,
                },
                () = tokio::time::sleep(NOTE_AGAIN), if !self.unnoted.is_empty() => {}
            }
            take_waiting(&mut transitions, &mut batch);
            // Noted before it is told: who hears of it and asks finds the same.
            self.unnoted.extend(went(&batch));
            self.note().await;
            for transition in &batch {
                self.tell(transition).await;
            }
        }
        let mut rest = Vec::new();
        take_waiting(&mut transitions, &mut rest);
        let now = self.clock.now();
        self.unnoted.extend(went(&rest));
        self.unnoted.extend(self.hub.online_users().into_iter().map(|user| (user, now)));
        self.note().await;
    }

    async fn note(&mut self) {
        let seen: Vec<_> = self.unnoted.iter().map(|(user, at)| (*user, *at)).collect();
        match self.presences.note(&seen).await {
            Ok(()) => self.unnoted.clear(),
            Err(error) => {
                tracing::warn!(%error, users = seen.len(), "could not note who was last seen when");
            }
        }
    }

    async fn tell(&self, transition: &Transition) {
        if transition.watchers.is_empty() {
            return;
        }
        let &Transition { user, online, at, .. } = transition;
        match self.presences.entitled(user, &transition.watchers).await {
            Ok(entitled) => {
                let presence = Presence { user, online, last_seen_at: (!online).then_some(at) };
                self.hub.tell_presence(&presence, &entitled);
            }
            // Who asks later is answered what is so then.
            Err(error) => {
                tracing::warn!(%error, "could not ask who may know that a user came or went");
            }
        }
    }
}

/// Adds to a batch what waits already.
fn take_waiting(transitions: &mut Transitions, batch: &mut Vec<Transition>) {
    while batch.len() < BATCH
        && let Some(Some(transition)) = transitions.next().now_or_never()
    {
        batch.push(transition);
    }
}

fn went(batch: &[Transition]) -> impl Iterator<Item = (UserId, Timestamp)> {
    let went = batch.iter().filter(|transition| !transition.online);
    went.map(|transition| (transition.user, transition.at))
}
