//! Appends by several callers at once: how many rows a second the lanes store.
//!
//! On SQLite in a temporary file; on PostgreSQL as well when `DATABASE_URL` names a database, which
//! is left full of messages.

#![expect(clippy::unwrap_used, reason = "a measurement that fails measures nothing")]

use std::{env, sync::Arc, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kabar_chats::{
    ClientId, Cursor, Entry, Mentions, MessageBody,
    ports::{ConversationStore, LiveFeed, LogStore, NewMessage},
};
use kabar_kernel::{
    Clock, ConversationId, IdSource, MessageId, RosterVersion, SessionId, SystemClock, SystemIds,
    UserId,
};
use kabar_store_sea::{SeaOptions, SeaStore};
use kabar_users::ports::SessionFeed;
use tokio::{runtime::Runtime, task::JoinSet};

/// Messages a caller sends one after the other.
const MESSAGES_EACH: usize = 50;
const CONVERSATIONS: usize = 100;

struct Deaf;

impl LiveFeed for Deaf {
    fn entries(&self, _: Vec<Entry>) {}
    fn opened(&self, _: ConversationId, _: Vec<UserId>) {}
    fn read(&self, _: Cursor) {}
    fn delivered(&self, _: Cursor) {}
}

impl SessionFeed for Deaf {
    fn ended(&self, _: UserId, _: SessionId) {}
}

type Place = (ConversationId, UserId);

async fn scene(url: &str) -> (Arc<SeaStore>, Vec<Place>) {
    let feed = Arc::new(Deaf);
    let store = SeaStore::connect(url, SeaOptions::default(), feed.clone(), feed).await.unwrap();
    store.migrate().await.unwrap();
    let mut places = Vec::new();
    for _ in 0..CONVERSATIONS {
        let [id, user, peer] = std::array::from_fn(|_| SystemIds.next_id());
        let (id, user) = (ConversationId::new(id), UserId::new(user));
        let peer = UserId::new(peer);
        store.open_direct(id, user, peer, SystemClock.now()).await.unwrap();
        places.push((id, user));
    }
    (store, places)
}

async fn post(store: &SeaStore, (conversation, author): Place) {
    let id = SystemIds.next_id();
    let message = NewMessage {
        id: MessageId::new(id),
        conversation,
        author,
        client_id: ClientId::parse(id.to_string()).unwrap(),
        body: MessageBody::parse("Sudah makan? Kita ketemu di warung jam tujuh.".into()).unwrap(),
        reply: None,
        forward: None,
        mentions: Mentions::NONE,
        created_at: SystemClock.now(),
        checked: RosterVersion::new(1),
    };
    store.append(message).await.unwrap();
}

async fn post_at_once(store: &Arc<SeaStore>, places: &[Place], callers: usize) {
    let mut tasks = JoinSet::new();
    for place in places.iter().copied().cycle().take(callers) {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            for _ in 0..MESSAGES_EACH {
                post(&store, place).await;
            }
        });
    }
    tasks.join_all().await;
}

fn measure(criterion: &mut Criterion, name: &str, url: &str) {
    let runtime = Runtime::new().unwrap();
    let (store, places) = runtime.block_on(scene(url));
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for callers in [1, 16, 200] {
        let messages = u64::try_from(callers * MESSAGES_EACH).unwrap();
        group.throughput(Throughput::Elements(messages));
        group.bench_function(BenchmarkId::new("append", callers), |bencher| {
            bencher.to_async(&runtime).iter(|| post_at_once(&store, &places, callers));
        });
    }
    group.finish();
    runtime.block_on(store.close()).unwrap();
}

fn append(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("kabar.db").display());
    measure(criterion, "sqlite", &url);
    if let Ok(url) = env::var("DATABASE_URL") {
        measure(criterion, "postgres", &url);
    }
}

criterion_group!(benches, append);
criterion_main!(benches);
