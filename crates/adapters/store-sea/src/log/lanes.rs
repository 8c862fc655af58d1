//! The lanes of a store: which message goes where, and how they end.

use std::sync::{Arc, Mutex, PoisonError};

use kabar_chats::ports::{Append, LiveFeed, NewMessage};
use kabar_kernel::{ConversationId, PortResult};
use sea_orm::DbBackend;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    task::JoinHandle,
};

use super::{
    closing::{Closing, Committer},
    lane::{Lane, Order},
    outcome::{Job, refused, unanswered},
};
use crate::{SeaOptions, connect::Db, failure::Failure, rosters::Rosters};

/// Changes that may wait for their commit in front of a lane; who makes one more waits.
const CLOSINGS: usize = 64;

/// The two queues in front of a lane.
struct Entrance {
    orders: mpsc::Sender<Order>,
    closings: mpsc::Sender<Closing>,
}

/// The queues in front of the lanes. All messages of a conversation go through one lane, in the
/// order they came.
pub(crate) struct Lanes {
    entrances: Vec<Entrance>,
    feed: Arc<dyn LiveFeed>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Lanes {
    /// Starts the tasks. They end when the lanes are closed or dropped.
    pub(crate) fn start(
        db: &Db,
        options: &SeaOptions,
        rosters: &Arc<Rosters>,
        feed: &Arc<dyn LiveFeed>,
    ) -> Self {
        let count = match db.dialect.backend {
            DbBackend::Postgres => options.lanes.clamp(1, SeaOptions::MAX_LANES),
            _ => 1,
        };
        let (mut entrances, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (orders, waiting_orders) = mpsc::channel(options.queue.max(1));
            let (closings, waiting_closings) = mpsc::channel(CLOSINGS);
            let lane = Lane::new(db.clone(), Arc::clone(rosters), Arc::clone(feed), options);
            tasks.push(tokio::spawn(lane.run(waiting_orders, waiting_closings)));
            entrances.push(Entrance { orders, closings });
        }
        Self { entrances, feed: Arc::clone(feed), tasks: Mutex::new(tasks) }
    }

    /// Queues a message and waits for the commit that stores it.
    pub(crate) async fn append(&self, message: NewMessage) -> PortResult<Append> {
        let entrance = self.entrance_of(message.conversation).ok_or_else(unanswered)?;
        let (answer, answered) = oneshot::channel();
        entrance.orders.try_send(Order::Append(Job::new(message, answer))).map_err(|error| {
            match error {
                TrySendError::Full(_) => refused("the queue of appends is full"),
                TrySendError::Closed(_) => refused("the store is closed"),
            }
        })?;
        answered.await.unwrap_or_else(|_| Err(unanswered()))
    }

    /// What commits the other changes of a conversation, in one order with its messages.
    pub(crate) fn committer(&self, conversation: ConversationId) -> Result<Committer, Failure> {
        let entrance = self.entrance_of(conversation).ok_or(Failure::Ended)?;
        Ok(Committer { lane: entrance.closings.clone(), feed: Arc::clone(&self.feed) })
    }

    fn entrance_of(&self, conversation: ConversationId) -> Option<&Entrance> {
        // The low half of an id is random, whatever its version.
        let (_, random) = conversation.as_uuid().as_u64_pair();
        let lane = random.checked_rem(u64::try_from(self.entrances.len()).ok()?)?;
        self.entrances.get(usize::try_from(lane).ok()?)
    }

    /// Lets every lane commit what waits in its queue, and ends it.
    pub(crate) async fn close(&self) {
        for entrance in &self.entrances {
            // Fails where the lane has ended already.
            drop(entrance.orders.send(Order::Close).await);
        }
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a lane of appends ended before its time");
            }
        }
    }
}
