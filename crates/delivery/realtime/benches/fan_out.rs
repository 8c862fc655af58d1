//! What a delivery costs besides its bytes: one entry into the queues of a group's devices, and out,
//! without and with the notice of it.

#![expect(clippy::unwrap_used, reason = "a bench whose scene cannot be set has to fail")]

use std::{
    hint::black_box,
    sync::Arc,
    task::{Context, Waker},
};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kabar_chats::{
    ClientId, ConversationKind, Cursor, Entry, Event, Mentions, Message, MessageBody, Presence,
    Receipt,
    ports::{LiveFeed as _, LogStore},
};
use kabar_kernel::{ConversationId, Pos, Seq, Timestamp, UserId};
use kabar_notifications::{NotificationId, Preferences, Rules};
use kabar_realtime::{
    Attach, Connection, Device, Encoder, Hub, HubSettings, HubStart, Notice, Noticed, QueueLimits,
};
use kabar_store_memory::{MemoryStore, Unheard};
use tokio::runtime::Runtime;

/// The group of the design's speed table.
const FOLLOWERS: u64 = 500;

fn open() -> Connection {
    let connection = Connection::new(QueueLimits::default(), 0);
    connection.open_with(Bytes::from_static(b"ready"));
    connection.release();
    take(&connection);
    connection
}

fn take(connection: &Connection) {
    let taken = connection.poll_frames(&Context::from_waker(Waker::noop()));
    let _ = black_box(taken);
}

fn fan_out(criterion: &mut Criterion) {
    let frame = Bytes::from(vec![b'x'; 400]);
    let notice = Bytes::from(vec![b'y'; 250]);
    let conversation: ConversationId = id(1);
    let followers: Vec<Connection> = (0..FOLLOWERS).map(|_| open()).collect();

    let mut group = criterion.benchmark_group("fan out");
    group.throughput(Throughput::Elements(FOLLOWERS));
    group.bench_function("one entry to 500 followers, pushed and taken", |bench| {
        bench.iter(|| {
            for follower in &followers {
                black_box(follower.push(frame.clone()));
            }
            for follower in &followers {
                take(follower);
            }
        });
    });
    group.bench_function("one entry and its notice to 500 followers, told and taken", |bench| {
        bench.iter(|| {
            let noticed = Noticed::new(frame.clone(), notice.clone());
            for follower in &followers {
                black_box(follower.tell_noticed(conversation, &noticed));
            }
            for follower in &followers {
                take(follower);
            }
        });
    });
    group.finish();

    let one = open();
    criterion.bench_function("one frame pushed and taken", |bench| {
        bench.iter(|| {
            black_box(one.push(frame.clone()));
            take(&one);
        });
    });
    criterion.bench_function("one entry and its notice, put together, told and taken", |bench| {
        bench.iter(|| {
            let noticed = Noticed::new(frame.clone(), notice.clone());
            black_box(one.tell_noticed(conversation, &noticed));
            take(&one);
        });
    });
    criterion.bench_function("a backlog of 64 frames pushed, and taken as one write", |bench| {
        bench.iter(|| {
            for _ in 0..64 {
                black_box(one.push(frame.clone()));
            }
            take(&one);
        });
    });
}

/// A post through the hub: in a direct conversation, which is told, and in a group, which is not.
fn notice(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut group = criterion.benchmark_group("notice");
    for (name, kind, others) in [
        ("a direct message to one device", ConversationKind::Direct, 1),
        ("a group's message to one device", ConversationKind::Group, 1),
        ("a group's message to 500 devices", ConversationKind::Group, FOLLOWERS),
    ] {
        let mut scene = Scene::new(&runtime, kind, others);
        group.bench_function(name, |bench| bench.iter(|| scene.post(&runtime)));
    }
    group.finish();
}

/// A conversation with its followers.
struct Scene {
    hub: Arc<Hub>,
    conversation: ConversationId,
    followers: Vec<Attach>,
    entry: Entry,
}

impl Scene {
    fn new(runtime: &Runtime, kind: ConversationKind, others: u64) -> Self {
        let settings = HubSettings { typing: false, ..HubSettings::default() };
        let HubStart { hub, shards, .. } = Hub::start(Arc::new(Constant), settings);
        let conversation = id(1);
        let followers = runtime.block_on(async {
            let log: Arc<dyn LogStore> = MemoryStore::new(Unheard::feed(), Unheard::feed());
            shards.run(&log);
            let mut followers = Vec::new();
            for number in 0..others {
                let expires_at = Timestamp::from_millis(i64::MAX);
                let device = Device::new(Arc::new(open()), id(100 + number), id(1), expires_at);
                device.init_rules(Rules::default());
                let follower = hub.attach(Arc::new(device));
                follower.follow(vec![(conversation, kind, Pos::ZERO)]).await;
                followers.push(follower);
            }
            followers
        });
        Self { hub, conversation, followers, entry: posted(conversation) }
    }

    /// From the hint to the last queue, and out of it.
    fn post(&mut self, runtime: &Runtime) {
        self.entry.pos = self.entry.pos.next();
        self.hub.entries(vec![self.entry.clone()]);
        if let Some(follower) = self.followers.first() {
            // Answered once the shard has done what it was told before; told to nobody.
            runtime.block_on(follower.typing(self.conversation));
        }
        for follower in &self.followers {
            take(&follower.device().connection);
        }
    }
}

fn posted(conversation: ConversationId) -> Entry {
    let (author, at): (UserId, _) = (id(3), Timestamp::from_millis(0));
    let id = id(4);
    let message = Message {
        id,
        conversation,
        seq: Seq::new(1),
        pos: Pos::new(1),
        author,
        client_id: ClientId::from_message(id),
        body: MessageBody::from_stored("Sudah makan?".to_owned()),
        reply_to: None,
        quote: None,
        forward: None,
        mentions: Mentions::NONE,
        reactions: Vec::new(),
        created_at: at,
        edited_at: None,
        deleted_at: None,
    };
    let event = Event::MessagePosted(message);
    Entry { conversation, pos: Pos::ZERO, at, by: author, event }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(number: u64) -> T {
    format!("0190a0a0-0000-7000-8000-{number:012x}").parse().unwrap()
}

/// Says the same of everything, at the cost of an allocation.
struct Constant;

fn frame(length: usize) -> Bytes {
    Bytes::from(vec![b'x'; length])
}

impl Encoder for Constant {
    fn entry(&self, _: &Entry) -> Bytes {
        frame(400)
    }

    fn conversation_added(&self, _: ConversationId, _: ConversationKind, _: Pos) -> Bytes {
        frame(100)
    }

    fn conversation_removed(&self, _: ConversationId) -> Bytes {
        frame(100)
    }

    fn read(&self, _: &Cursor) -> Bytes {
        frame(100)
    }

    fn others_read(&self, _: &Receipt) -> Bytes {
        frame(100)
    }

    fn delivered(&self, _: &Receipt) -> Bytes {
        frame(100)
    }

    fn typing(&self, _: ConversationId, _: UserId, _: u32) -> Bytes {
        frame(100)
    }

    fn presence(&self, _: &Presence) -> Bytes {
        frame(100)
    }

    fn notification(&self, _: &Notice) -> Bytes {
        frame(250)
    }

    fn notifications_read(&self, _: &[NotificationId], _: u32) -> Bytes {
        frame(100)
    }

    fn preferences(&self, _: ConversationId, _: &Preferences) -> Bytes {
        frame(100)
    }
}

criterion_group!(benches, fan_out, notice);
criterion_main!(benches);
