//! What has come over a socket so far.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// A frame from the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// The id of the command it answers.
    pub id: Option<String>,
    /// What it says.
    pub content: Value,
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The close code; `None` when the connection broke without a closing frame or that one had none.
    pub code: Option<u16>,
    /// The reason in the closing frame, or what went wrong.
    pub reason: String,
}

/// Everything that came, in order. Bounded by what a test sends.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    /// Where among them the answer to a command stands: a test that sends thousands would else look
    /// through thousands for each.
    answers: HashMap<String, usize>,
    /// How many of them were handed out one by one.
    taken: usize,
    closed: Option<Closed>,
}

impl Inbox {
    pub(super) fn push(&self, event: Event) {
        let mut state = self.state();
        if let Some(id) = event.id.clone() {
            let at = state.events.len();
            state.answers.entry(id).or_insert(at);
        }
        state.events.push(event);
        drop(state);
        self.changed.notify_waiters();
    }

    pub(super) fn close(&self, closed: Closed) {
        self.state().closed.get_or_insert(closed);
        self.changed.notify_waiters();
    }

    pub(super) fn closed(&self) -> Option<Closed> {
        self.state().closed.clone()
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// The next event that answers no command.
    pub(super) fn take(&self) -> Option<Event> {
        let mut state = self.state();
        let at =
            state.taken + state.events.iter().skip(state.taken).position(|e| e.id.is_none())?;
        state.taken = at + 1;
        state.events.get(at).cloned()
    }

    /// The answer to a command.
    pub(super) fn answer(&self, id: &str) -> Option<Event> {
        let state = self.state();
        state.events.get(*state.answers.get(id)?).cloned()
    }

    /// The first event that satisfies this, whether handed out already or not.
    pub(super) fn find(&self, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        self.state().events.iter().find(|event| wanted(event)).cloned()
    }

    /// Waits until `look` sees something; `None` when it does not within that time, or when the
    /// socket is closed and nothing more can come.
    pub(super) async fn wait<T>(
        &self,
        within: Duration,
        look: impl Fn(&Self) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + within;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Listening before looking: what comes in between is not missed.
            changed.as_mut().enable();
            let closed = self.closed().is_some();
            if let Some(seen) = look(self) {
                return Some(seen);
            }
            if closed || timeout_at(deadline, changed).await.is_err() {
                return None;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
