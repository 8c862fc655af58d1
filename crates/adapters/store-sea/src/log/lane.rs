//! One lane: a task that commits what waits in its queue, batch after batch.
//!
//! While a batch is being committed the next one gathers in the queue; there is no timer. So a lone
//! message is committed at once, and under load many share one flush of the disk.

use std::{collections::HashMap, future::Future, pin::pin, sync::Arc, time::Duration};

use kabar_chats::{
    ClientId, Entry,
    ports::{LiveFeed, NewMessage},
};
use kabar_kernel::UserId;
use tokio::sync::mpsc;

use super::{
    closing::{Closed, Closing},
    fast::Fast,
    outcome::{Decision, Job, Quotes, Settled},
    set::{Groups, split_groups},
    slow::Slow,
};
use crate::{
    SeaOptions,
    connect::Db,
    failure::{Failure, Meaning, Shared},
    rosters::Rosters,
};

/// Most rows in one transaction, of messages and of whom they call; exceeded by those of the last
/// message at most.
const MAX_ROWS: usize = 1024;
/// Most bytes of message bodies in one transaction: 2 MiB, exceeded by the last body at most.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// How often a transaction that others were in the way of is tried again.
const ATTEMPTS: usize = 4;

/// Longest a lane waits for a transaction that takes a closer look.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a lane is told.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "all but the last one are messages, and a box for each costs more than it saves"
)]
pub(super) enum Order {
    /// Append this message.
    Append(Job),
    /// Commit what waits, and end.
    Close,
}

pub(super) struct Lane {
    fast: Fast,
    slow: Slow,
    feed: Arc<dyn LiveFeed>,
}

impl Lane {
    pub(super) fn new(
        db: Db,
        rosters: Arc<Rosters>,
        feed: Arc<dyn LiveFeed>,
        options: &SeaOptions,
    ) -> Self {
        Self { fast: Fast::new(db.clone(), options), slow: Slow::new(db, rosters), feed }
    }

    /// Works until the queue of orders is closed and empty.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut closings: mpsc::Receiver<Closing>,
    ) {
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some(first) = order else { break };
                    let batch = gather(first, &mut orders);
                    if !batch.is_empty() {
                        self.commit(batch, &mut closings).await;
                    }
                }
                Some(closing) = closings.recv() => {
                    let closed = closing.commit().await;
                    self.announce([], vec![closed], &Quotes::new());
                }
            }
        }
        closings.close();
        while let Some(closing) = closings.recv().await {
            let closed = closing.commit().await;
            self.announce([], vec![closed], &Quotes::new());
        }
    }

    /// Decides about every message of a batch, commits, announces and answers.
    async fn commit(&mut self, batch: Vec<Job>, closings: &mut mpsc::Receiver<Closing>) {
        let Groups { jobs, groups, stale } = split_groups(merge_twins(batch));
        let mut undecided = stale;
        let (done, closed) = alongside(self.fast.append(&jobs, &groups), closings).await;
        match done {
            Ok(bases) => {
                let mut decided = Vec::with_capacity(jobs.len());
                let mut jobs = jobs.into_iter();
                for (group, base) in groups.iter().zip(bases) {
                    let of_group = jobs.by_ref().take(group.len);
                    match base {
                        Some(base) => decided.extend(
                            (1_i64..).zip(of_group).map(|(nth, job)| (job, base.created(nth))),
                        ),
                        // The roster has moved on since they were checked, or there is no such
                        // conversation.
                        None => undecided.extend(of_group),
                    }
                }
                self.settle(decided, closed).await;
            }
            Err(failure) if failure.meaning() == Meaning::Unavailable => {
                self.announce([], closed, &Quotes::new());
                fail_all(jobs.into_iter().chain(undecided), failure);
                return;
            }
            // A client id that was used before, or a row that cannot be stored, undid the whole
            // statement.
            Err(failure) => {
                tracing::debug!(%failure, rows = jobs.len(), "appending with a closer look");
                self.announce([], closed, &Quotes::new());
                undecided.extend(jobs);
            }
        }
        self.commit_slowly(undecided, closings).await;
    }

    /// The same for those that need a closer look. A row that cannot be stored is found by halving,
    /// so that it fails alone.
    async fn commit_slowly(&mut self, jobs: Vec<Job>, closings: &mut mpsc::Receiver<Closing>) {
        let mut parts = Vec::new();
        if !jobs.is_empty() {
            parts.push(jobs);
        }
        while let Some(mut part) = parts.pop() {
            // Stable: those of one conversation stay in the order they came.
            part.sort_by_key(|job| job.message.conversation);
            let (done, closed) = alongside(self.try_slowly(&part), closings).await;
            match done {
                Ok(decisions) => {
                    self.settle(part.into_iter().zip(decisions).collect(), closed).await;
                    continue;
                }
                Err(failure) if part.len() == 1 || failure.meaning() == Meaning::Unavailable => {
                    fail_all(part, failure);
                }
                Err(_) => {
                    let second = part.split_off(part.len() / 2);
                    parts.push(second);
                    parts.push(part);
                }
            }
            self.announce([], closed, &Quotes::new());
        }
    }

    async fn try_slowly(&self, part: &[Job]) -> Result<Vec<Decision>, Failure> {
        let mut attempt = 1;
        loop {
            let done = tokio::time::timeout(PATIENCE, self.slow.append(part)).await;
            match done.unwrap_or(Err(Failure::Silent(PATIENCE))) {
                Err(failure) if failure.meaning() == Meaning::Contention && attempt < ATTEMPTS => {
                    tracing::debug!(%failure, attempt, "appending again");
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// Announces and answers what is committed. Only ever called after the commit.
    ///
    /// What created messages quote is read now, and nothing else of their conversations is committed
    /// before they are announced: it is this lane that commits it. So no text is announced after its
    /// deletion was.
    async fn settle(&mut self, decided: Vec<(Job, Decision)>, closed: Vec<Closed>) {
        let created = decided.iter().filter(|(_, decision)| decision.is_created());
        let answered = created.filter_map(|(job, _)| job.message.reply);
        let answered: Vec<_> = answered.map(|reply| reply.message.as_uuid()).collect();
        let quotes = if answered.is_empty() {
            Quotes::new()
        } else {
            self.fast.quotes(&answered).await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "announcing replies without what they answer");
                Quotes::new()
            })
        };
        self.announce(decided, closed, &quotes);
    }

    fn announce(
        &self,
        decided: impl IntoIterator<Item = (Job, Decision)>,
        closed: Vec<Closed>,
        quotes: &Quotes,
    ) {
        let decided = decided.into_iter();
        let mut entries: Vec<Entry> = Vec::with_capacity(decided.size_hint().0);
        let mut settled: Vec<Settled> = Vec::with_capacity(decided.size_hint().0);
        for (job, decision) in decided {
            let (answers, entry) = job.settle(decision, quotes);
            settled.push(answers);
            entries.extend(entry);
        }
        let mut closed = closed;
        if !closed.is_empty() {
            entries.extend(closed.iter_mut().flat_map(Closed::take_entries));
            entries.sort_by_key(|entry| (entry.conversation, entry.pos));
        }
        if !entries.is_empty() {
            self.feed.entries(entries);
        }
        for each in settled {
            each.answer();
        }
        for each in closed {
            each.answer();
        }
    }
}

/// Does the work, and meanwhile commits the changes that come: the work may be waiting for the rows
/// they hold. They are to be announced together with what the work stored.
async fn alongside<T>(
    work: impl Future<Output = T>,
    closings: &mut mpsc::Receiver<Closing>,
) -> (T, Vec<Closed>) {
    let mut work = pin!(work);
    let mut closed = Vec::new();
    loop {
        tokio::select! {
            biased;
            done = &mut work => return (done, closed),
            Some(closing) = closings.recv() => closed.push(closing.commit().await),
        }
    }
}

/// Takes along all that waits, up to the bounds of a batch.
fn gather(first: Order, orders: &mut mpsc::Receiver<Order>) -> Vec<Job> {
    let mut batch = Vec::new();
    let (mut rows, mut bytes) = (0, 0);
    let mut next = Some(first);
    while let Some(order) = next {
        match order {
            Order::Append(job) => {
                bytes += job.message.body.as_str().len();
                rows += rows_of(&job.message);
                batch.push(job);
            }
            // From here on senders are refused; what they sent before is still received.
            Order::Close => orders.close(),
        }
        let is_full = rows >= MAX_ROWS || bytes >= MAX_BYTES;
        next = if is_full { None } else { orders.try_recv().ok() };
    }
    batch
}

/// How many rows a message takes at most, with those of whom it calls.
const fn rows_of(message: &NewMessage) -> usize {
    1 + message.mentions.users.len()
}

/// Sorts a batch by conversation, those of one conversation in the order they came, and hangs the
/// repetitions of a message onto its first.
fn merge_twins(mut batch: Vec<Job>) -> Vec<Job> {
    batch.sort_by_key(|job| job.message.conversation);
    let mut first_of: Vec<Option<usize>> = Vec::new();
    let mut start = 0;
    for group in batch.chunk_by(|a, b| a.message.conversation == b.message.conversation) {
        if group.len() > 1 {
            let mut seen: HashMap<(UserId, &ClientId), usize> = HashMap::with_capacity(group.len());
            for (nth, job) in (start..).zip(group) {
                let first =
                    *seen.entry((job.message.author, &job.message.client_id)).or_insert(nth);
                if first != nth {
                    first_of.resize(batch.len(), None);
                    if let Some(mark) = first_of.get_mut(nth) {
                        *mark = Some(first);
                    }
                }
            }
        }
        start += group.len();
    }
    if first_of.is_empty() {
        return batch;
    }
    let mut merged: Vec<Job> = Vec::with_capacity(batch.len());
    // Where in `merged` the message stands that was at each place of the batch.
    let mut place_of: Vec<usize> = Vec::with_capacity(batch.len());
    for (job, first) in batch.into_iter().zip(first_of) {
        let original = first.and_then(|first| place_of.get(first).copied());
        place_of.push(original.unwrap_or(merged.len()));
        match original.and_then(|place| merged.get_mut(place)) {
            Some(original) => original.twins.push(job.answer),
            None => merged.push(job),
        }
    }
    merged
}

fn fail_all(jobs: impl IntoIterator<Item = Job>, failure: Failure) {
    tracing::warn!(%failure, "appends failed");
    let failure = Shared::new(failure);
    for job in jobs {
        job.fail(&failure);
    }
}
