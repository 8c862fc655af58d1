//! Commits of changes that are not messages, in their place among the messages.
//!
//! A change of a group holds its conversation's row until it is committed. A message that follows it
//! may be committed a moment later by a lane, and be announced first. So that this does not happen,
//! it is the lane of the conversation that commits such a change, also while it waits for a batch of
//! its own (which may be waiting for that very row), and announces both in the order of the log.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use kabar_chats::{Entry, ports::LiveFeed};
use sea_orm::DatabaseTransaction;
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// Longest a lane waits for such a commit.
const PATIENCE: Duration = Duration::from_secs(7);

type Work = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A change that only waits for its commit.
pub(super) struct Closing {
    work: Work,
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<(), Failure>>,
}

/// A change that is committed, or failed, and not announced yet.
pub(super) struct Closed {
    result: Result<(), Failure>,
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<(), Failure>>,
}

impl Closing {
    pub(super) async fn commit(self) -> Closed {
        let Self { work, mut entries, done } = self;
        let result = work.await;
        if result.is_err() {
            entries.clear();
        }
        Closed { result, entries, done }
    }
}

impl Closed {
    /// What is to be announced before it is answered.
    pub(super) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    pub(super) fn answer(self) {
        // Whoever asked may have gone away.
        drop(self.done.send(self.result));
    }
}

/// Commits changes of one conversation.
#[derive(Clone)]
pub(crate) struct Committer {
    pub(super) lane: mpsc::Sender<Closing>,
    pub(super) feed: Arc<dyn LiveFeed>,
}

impl Committer {
    /// Commits, then does what follows a commit (also one that failed: whether it went through is
    /// unknown then), then announces the entries.
    pub(crate) async fn commit(
        self,
        tx: DatabaseTransaction,
        entries: Vec<Entry>,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), Failure> {
        let work = Box::pin(async move {
            let committed = tokio::time::timeout(PATIENCE, tx.commit()).await;
            then();
            Ok(committed.map_err(|_| Failure::Silent(PATIENCE))??)
        });
        let (done, answered) = oneshot::channel();
        match self.lane.send(Closing { work, entries, done }).await {
            Ok(()) => answered.await.unwrap_or(Err(Failure::Ended)),
            // The lane has ended: no message can come between.
            Err(mpsc::error::SendError(closing)) => {
                let mut closed = closing.commit().await;
                let entries = closed.take_entries();
                if !entries.is_empty() {
                    self.feed.entries(entries);
                }
                closed.result
            }
        }
    }
}
