//! Databases to test on, and what is put into them.

use std::{
    any::Any,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kabar_chats::{
    ClientId, Entry, Mentions, MessageBody,
    ports::{Append, ConversationStore, LiveFeed, LogStore, NewMessage},
};
use kabar_contracts::RecordedFeed;
use kabar_groups::{Act, GroupDescription, GroupName, NewGroup, ports::GroupStore};
use kabar_kernel::{
    Clock, ConversationId, IdSource, MessageId, PageSize, PortResult, Pos, RosterVersion,
    SystemClock, SystemIds, UserId,
};
use kabar_store_sea::{SeaOptions, SeaStore};
use kabar_testkit::postgres::TestDatabase;
use tokio::task::JoinSet;

/// A database and what must live as long as it.
pub(crate) struct Place {
    pub(crate) url: String,
    _keep_alive: Box<dyn Any>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self::on_sqlite_file(&folder.path().join("kabar.db"));
        Self { _keep_alive: Box::new(folder), ..place }
    }

    /// On a file that somebody else keeps.
    pub(crate) fn on_sqlite_file(file: &Path) -> Self {
        Self { url: format!("sqlite://{}?mode=rwc", file.display()), _keep_alive: Box::new(()) }
    }

    pub(crate) async fn postgres() -> Self {
        let database = TestDatabase::create().await.unwrap();
        Self { url: database.url().to_owned(), _keep_alive: Box::new(database) }
    }

    pub(crate) async fn store(&self, options: SeaOptions) -> Arc<SeaStore> {
        self.store_heard_by(RecordedFeed::new(), options).await
    }

    /// The same with a feed that hears what is announced.
    pub(crate) async fn store_heard_by(
        &self,
        feed: Arc<dyn LiveFeed>,
        options: SeaOptions,
    ) -> Arc<SeaStore> {
        let options = SeaOptions { connections: 6, ..options };
        let store = SeaStore::connect(&self.url, options, feed, RecordedFeed::new()).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}

/// Runs one test on both databases, each under its own name.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::place::Place::sqlite()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::place::Place::postgres().await).await;
            })+
        }
    };
}

pub(crate) use on_both;

pub(crate) fn user_id() -> UserId {
    UserId::new(SystemIds.next_id())
}

pub(crate) async fn direct(store: &SeaStore) -> (ConversationId, UserId) {
    let (id, user) = (ConversationId::new(SystemIds.next_id()), user_id());
    store.open_direct(id, user, user_id(), SystemClock.now()).await.unwrap();
    (id, user)
}

pub(crate) async fn group(store: &SeaStore, members: Vec<UserId>) -> (ConversationId, UserId) {
    let (id, owner) = (ConversationId::new(SystemIds.next_id()), user_id());
    let group = NewGroup {
        id,
        name: GroupName::parse("Warung Kopi").unwrap(),
        description: GroupDescription::default(),
        members,
    };
    GroupStore::create(store, &group, act(owner)).await.unwrap();
    (id, owner)
}

pub(crate) fn act(by: UserId) -> Act {
    Act { by, at: SystemClock.now() }
}

pub(crate) fn draft((conversation, author): (ConversationId, UserId)) -> NewMessage {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    NewMessage {
        id: MessageId::new(SystemIds.next_id()),
        conversation,
        author,
        client_id: ClientId::parse(format!("client-{number}")).unwrap(),
        body: MessageBody::parse(format!("kabar {number}")).unwrap(),
        reply: None,
        forward: None,
        mentions: Mentions::NONE,
        created_at: SystemClock.now(),
        checked: RosterVersion::new(1),
    }
}

pub(crate) fn created(append: &PortResult<Append>) -> bool {
    matches!(append, Ok(Append::Appended(appended)) if appended.created)
}

/// Appends all at once; answers in the order of the drafts.
pub(crate) async fn append_all(
    store: &Arc<SeaStore>,
    drafts: Vec<NewMessage>,
) -> Vec<PortResult<Append>> {
    let mut tasks = JoinSet::new();
    for (nth, draft) in drafts.into_iter().enumerate() {
        let store = Arc::clone(store);
        tasks.spawn(async move { (nth, store.append(draft).await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(nth, _)| *nth);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

pub(crate) async fn log_of(store: &SeaStore, conversation: ConversationId) -> Vec<Entry> {
    let page = store.entries_for_delivery(conversation, Pos::ZERO, PageSize::REPLAY).await.unwrap();
    assert!(!page.has_more);
    for (entry, pos) in page.items.iter().zip(1..) {
        assert_eq!(entry.pos, Pos::new(pos), "a hole or a twin");
    }
    page.items
}
