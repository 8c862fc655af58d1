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
    lane::{Lane, Order},
    outcome::{Job, refused, unanswered},
};
use crate::{SeaOptions, connect::Db, rosters::Rosters};

/// The queues in front of the lanes. All messages of a conversation go through one lane, in the
/// order they came.
pub(crate) struct Lanes {
    queues: Vec<mpsc::Sender<Order>>,
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
        let (mut queues, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (queue, orders) = mpsc::channel(options.queue.max(1));
            let lane = Lane::new(db.clone(), Arc::clone(rosters), Arc::clone(feed), options);
            tasks.push(tokio::spawn(lane.run(orders)));
            queues.push(queue);
        }
        Self { queues, tasks: Mutex::new(tasks) }
    }

    /// Queues a message and waits for the commit that stores it.
    pub(crate) async fn append(&self, message: NewMessage) -> PortResult<Append> {
        let queue = self.queue_of(message.conversation).ok_or_else(unanswered)?;
        let (answer, answered) = oneshot::channel();
        queue.try_send(Order::Append(Job::new(message, answer))).map_err(|error| match error {
            TrySendError::Full(_) => refused("the queue of appends is full"),
            TrySendError::Closed(_) => refused("the store is closed"),
        })?;
        answered.await.unwrap_or_else(|_| Err(unanswered()))
    }

    fn queue_of(&self, conversation: ConversationId) -> Option<&mpsc::Sender<Order>> {
        // The low half of an id is random, whatever its version.
        let (_, random) = conversation.as_uuid().as_u64_pair();
        let lane = random.checked_rem(u64::try_from(self.queues.len()).ok()?)?;
        self.queues.get(usize::try_from(lane).ok()?)
    }

    /// Lets every lane commit what waits in its queue, and ends it.
    pub(crate) async fn close(&self) {
        for queue in &self.queues {
            // Fails where the lane has ended already.
            drop(queue.send(Order::Close).await);
        }
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a lane of appends ended before its time");
            }
        }
    }
}
