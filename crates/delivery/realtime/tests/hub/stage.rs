//! A hub over the stores in memory, with the hints between the two in the test's hand.

use std::{
    future::poll_fn,
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use kabar_chats::{
    ClientId, ConversationKind, Cursor, Entry, Mentions, Message, MessageBody, Pin, Window,
    ports::{
        Append, ConversationStore, LiveFeed, LogStore, MessagePage, MessageTx, NewMessage, ReplyTo,
        Roster,
    },
};
use kabar_groups::{Act, GroupDescription, GroupName, NewGroup, ports::GroupStore};
use kabar_kernel::{
    ConversationId, MessageId, Page, PageSize, PortError, PortResult, Pos, Role, RosterVersion,
    SessionId, Timestamp, UserId,
};
use kabar_notifications::{Concern, Rules};
use kabar_realtime::{
    Attach, Connection, Device, Encoder, Hub, HubSettings, QueueLimits, Shards, Transitions,
};
use kabar_store_memory::{MemoryStore, Unheard};

pub(crate) use crate::lines::Seen;
use crate::lines::{Lines, parse};

/// Longer than anything here takes; of paused time, which passes at once when nothing happens.
const DEADLINE: Duration = Duration::from_secs(30);

/// Passes hints on, or keeps them back.
struct Hints {
    hub: Arc<Hub>,
    kept: Mutex<Option<Vec<Entry>>>,
}

impl LiveFeed for Hints {
    fn entries(&self, entries: Vec<Entry>) {
        match &mut *self.kept.lock().unwrap() {
            Some(kept) => kept.extend(entries),
            None => self.hub.entries(entries),
        }
    }

    fn opened(&self, conversation: ConversationId, members: Vec<UserId>) {
        if self.kept.lock().unwrap().is_none() {
            self.hub.opened(conversation, members);
        }
    }

    fn read(&self, cursor: Cursor) {
        self.hub.read(cursor);
    }

    fn delivered(&self, cursor: Cursor) {
        self.hub.delivered(cursor);
    }
}

/// The log as the hub reads it: it may fail, or answer late.
pub(crate) struct Log {
    store: Arc<MemoryStore>,
    /// Reads that fail from now on.
    pub(crate) failures: AtomicU32,
    /// Whether the next read answers what it found only a moment later.
    pub(crate) late: AtomicU32,
}

#[async_trait]
impl LogStore for Log {
    async fn append(&self, message: NewMessage) -> PortResult<Append> {
        self.store.append(message).await
    }

    async fn entries_after(
        &self,
        conversation: ConversationId,
        reader: UserId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Option<Page<Entry>>> {
        self.store.entries_after(conversation, reader, after, size).await
    }

    async fn entries_for_delivery(
        &self,
        conversation: ConversationId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Page<Entry>> {
        let failures = self.failures.load(Ordering::Relaxed);
        if failures > 0 {
            self.failures.store(failures - 1, Ordering::Relaxed);
            return Err(PortError::transient("read the log", "the database is gone"));
        }
        let page = self.store.entries_for_delivery(conversation, after, size).await;
        if self.late.swap(0, Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        page
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        window: Window,
        size: PageSize,
    ) -> PortResult<Option<MessagePage>> {
        self.store.messages(conversation, reader, window, size).await
    }

    async fn pins(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Vec<Pin>>> {
        self.store.pins(conversation, reader).await
    }

    async fn sent(
        &self,
        conversation: ConversationId,
        author: UserId,
        client_id: &ClientId,
    ) -> PortResult<Option<Message>> {
        self.store.sent(conversation, author, client_id).await
    }

    async fn begin(
        &self,
        conversation: ConversationId,
        actor: UserId,
    ) -> PortResult<Option<Box<dyn MessageTx>>> {
        LogStore::begin(self.store.as_ref(), conversation, actor).await
    }

    async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> PortResult<Option<Message>> {
        self.store.message(conversation, reader, message).await
    }
}

pub(crate) struct Stage {
    pub(crate) hub: Arc<Hub>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) log: Arc<Log>,
    pub(crate) lines: Arc<Lines>,
    hints: Arc<Hints>,
    shards: Mutex<Option<Shards>>,
    transitions: Mutex<Option<Transitions>>,
    numbers: AtomicU64,
}

impl Stage {
    /// A hub that runs.
    pub(crate) fn new() -> Self {
        Self::with(HubSettings::default())
    }

    pub(crate) fn with(settings: HubSettings) -> Self {
        let stage = Self::stopped_with(settings);
        stage.run();
        stage
    }

    /// A hub whose shards do nothing until they are [run](Self::run).
    pub(crate) fn stopped() -> Self {
        Self::stopped_with(HubSettings::default())
    }

    fn stopped_with(settings: HubSettings) -> Self {
        let lines = Arc::<Lines>::default();
        let encoder: Arc<dyn Encoder> = Arc::<Lines>::clone(&lines);
        let start = Hub::start(encoder, settings);
        let hub = start.hub;
        let hints = Arc::new(Hints { hub: Arc::clone(&hub), kept: Mutex::new(None) });
        let feed: Arc<dyn LiveFeed> = Arc::<Hints>::clone(&hints);
        let store = MemoryStore::new(feed, Arc::new(Unheard));
        let log = Arc::new(Log {
            store: Arc::clone(&store),
            failures: AtomicU32::new(0),
            late: AtomicU32::new(0),
        });
        let shards = Mutex::new(Some(start.shards));
        let transitions = Mutex::new(Some(start.transitions));
        let numbers = AtomicU64::new(1);
        Self { hub, store, log, lines, hints, shards, transitions, numbers }
    }

    pub(crate) fn transitions(&self) -> Transitions {
        self.transitions.lock().unwrap().take().unwrap()
    }

    pub(crate) fn run(&self) {
        let log: Arc<dyn LogStore> = Arc::<Log>::clone(&self.log);
        self.shards.lock().unwrap().take().unwrap().run(&log);
    }

    /// An id never given before.
    pub(crate) fn id<T: FromStr<Err: std::fmt::Debug>>(&self) -> T {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        format!("0190a0a0-0000-7000-8000-{number:012x}").parse().unwrap()
    }

    /// Keeps hints back until they are [taken](Self::hints).
    pub(crate) fn keep_hints(&self) {
        self.hints.kept.lock().unwrap().get_or_insert_default();
    }

    /// The hints kept back; the next ones are passed on again.
    pub(crate) fn hints(&self) -> Vec<Entry> {
        self.hints.kept.lock().unwrap().take().unwrap_or_default()
    }

    fn act(by: UserId) -> Act {
        Act { by, at: Timestamp::from_millis(1) }
    }

    pub(crate) async fn group(&self, owner: UserId, members: &[UserId]) -> ConversationId {
        let group = NewGroup {
            id: self.id(),
            name: GroupName::parse("Warung Kopi").unwrap(),
            description: GroupDescription::parse("after work").unwrap(),
            members: members.to_vec(),
        };
        self.store.create(&group, Self::act(owner)).await.unwrap();
        self.met(group.id).await;
        group.id
    }

    /// Waits until nobody who connects next meets the hints of a new conversation.
    async fn met(&self, conversation: ConversationId) {
        let runs = self.shards.lock().unwrap().is_none();
        if runs {
            self.settled(conversation).await;
        }
    }

    pub(crate) async fn add(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx = GroupStore::begin(self.store.as_ref(), group).await.unwrap().unwrap();
        tx.add(&[user], Role::Member, Self::act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn remove(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx = GroupStore::begin(self.store.as_ref(), group).await.unwrap().unwrap();
        tx.remove(user, Self::act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn set_role(
        &self,
        group: ConversationId,
        user: UserId,
        role: Role,
        by: UserId,
    ) {
        let mut tx = GroupStore::begin(self.store.as_ref(), group).await.unwrap().unwrap();
        tx.set_role(user, role, Self::act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn direct(&self, user: UserId, peer: UserId) -> ConversationId {
        let now = Timestamp::from_millis(1);
        let opened = self.store.open_direct(self.id(), user, peer, now).await.unwrap();
        let direct = opened.conversation.state.id;
        self.met(direct).await;
        direct
    }

    pub(crate) async fn post(&self, conversation: ConversationId, author: UserId) -> u64 {
        self.post_rich(conversation, author, Mentions::NONE, None).await.pos.get()
    }

    pub(crate) async fn post_to(
        &self,
        conversation: ConversationId,
        author: UserId,
        mentions: Mentions,
    ) -> u64 {
        self.post_rich(conversation, author, mentions, None).await.pos.get()
    }

    pub(crate) async fn post_rich(
        &self,
        conversation: ConversationId,
        author: UserId,
        mentions: Mentions,
        answered: Option<&Message>,
    ) -> Message {
        let id: MessageId = self.id();
        let standing = self.store.standing(conversation, author).await.unwrap();
        let message = NewMessage {
            id,
            conversation,
            author,
            client_id: ClientId::from_message(id),
            body: MessageBody::parse("halo".to_owned()).unwrap(),
            reply: answered.map(|to| ReplyTo { message: to.id, author: to.author }),
            forward: None,
            mentions,
            created_at: Timestamp::from_millis(1),
            checked: standing.map_or(RosterVersion::ZERO, |standing| standing.roster),
        };
        match self.store.append(message).await.unwrap() {
            Append::Appended(appended) => appended.message,
            refused => panic!("the author is a member: {refused:?}"),
        }
    }

    /// Begins to change a message.
    pub(crate) async fn change(&self, message: &Message) -> Box<dyn MessageTx> {
        let log: &dyn LogStore = self.store.as_ref();
        log.begin(message.conversation, message.author).await.unwrap().unwrap()
    }

    /// Changes whom a message calls.
    pub(crate) async fn edit(&self, message: &Message, mentions: &Mentions) {
        let mut tx = self.change(message).await;
        let body = MessageBody::parse("halo lagi".to_owned()).unwrap();
        tx.edit(message.seq, &body, mentions, Timestamp::from_millis(2)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn delete(&self, message: &Message) {
        let mut tx = self.change(message).await;
        tx.delete(message.seq, Timestamp::from_millis(2)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The first entries of a conversation's log.
    pub(crate) async fn first_entries(&self, conversation: ConversationId) -> Vec<Entry> {
        let log = &self.store;
        let page = log.entries_for_delivery(conversation, Pos::ZERO, PageSize::DEFAULT).await;
        page.unwrap().items
    }

    /// The conversations of a user with their heads, as a connecting device loads them.
    pub(crate) async fn load(&self, user: UserId) -> Vec<(ConversationId, ConversationKind, Pos)> {
        let states = self.store.states(user).await.unwrap();
        states.into_iter().map(|state| (state.id, state.kind, state.head)).collect()
    }

    /// A device in the hub that follows nothing yet.
    pub(crate) fn attach_with(&self, user: UserId, limits: QueueLimits) -> Seat {
        let connection = Arc::new(Connection::new(limits, self.hub.seconds()));
        connection.open_with(Bytes::from_static(b"ready\n"));
        connection.release();
        let expires_at = Timestamp::from_millis(1_000_000);
        let device = Device::new(connection, user, self.id::<SessionId>(), expires_at);
        let attach = self.hub.attach(Arc::new(device));
        Seat { attach, seen: Vec::new(), fresh: Vec::new() }
    }

    pub(crate) fn attach(&self, user: UserId) -> Seat {
        self.attach_with(user, QueueLimits::default())
    }

    /// A device that follows everything its user is in.
    pub(crate) async fn connect(&self, user: UserId) -> Seat {
        let seat = self.attach(user);
        seat.attach.device().init_rules(Rules::default());
        let stale = seat.attach.follow(self.load(user).await).await;
        assert_eq!(stale, []);
        seat
    }

    /// Waits until the shard of a conversation has done what it was told before.
    pub(crate) async fn settled(&self, conversation: ConversationId) {
        let nobody = self.attach(self.id());
        assert!(!nobody.attach.pause(conversation).await);
    }
}

/// A device, and what it was sent.
pub(crate) struct Seat {
    pub(crate) attach: Attach,
    pub(crate) seen: Vec<Seen>,
    fresh: Vec<Seen>,
}

impl Seat {
    pub(crate) fn connection(&self) -> &Connection {
        &self.attach.device().connection
    }

    fn note(&mut self, frames: &Bytes) {
        let seen = parse(frames);
        self.fresh.extend(&seen);
        self.seen.extend(seen);
    }

    /// Takes what waits, and answers all that was not answered so before.
    pub(crate) fn drain(&mut self) -> Vec<Seen> {
        let connection = Arc::clone(&self.attach.device().connection);
        while let Poll::Ready(Some(frames)) =
            connection.poll_frames(&Context::from_waker(Waker::noop()))
        {
            self.note(&frames);
        }
        std::mem::take(&mut self.fresh)
    }

    /// Takes what comes until this has come.
    pub(crate) async fn until(&mut self, awaited: Seen) {
        while !self.seen.contains(&awaited) {
            assert!(self.arrived().await, "no {awaited:?} after {:?}", self.seen);
        }
    }

    /// Waits until something came; `false` when nothing does, or nothing ever will.
    pub(crate) async fn arrived(&mut self) -> bool {
        let connection = Arc::clone(&self.attach.device().connection);
        let frames = poll_fn(|cx| connection.poll_frames(cx));
        let Ok(Some(frames)) = tokio::time::timeout(DEADLINE, frames).await else { return false };
        self.note(&frames);
        true
    }

    /// All that came of logs and memberships.
    pub(crate) fn log(&mut self) -> Vec<Seen> {
        self.drain();
        let is_of_log = |seen: &&Seen| !matches!(seen, Seen::Ready | Seen::Notice(..));
        self.seen.iter().filter(is_of_log).copied().collect()
    }

    /// All notices that came, each with the position of its entry.
    pub(crate) fn notices(&mut self) -> Vec<(u64, Concern)> {
        self.drain();
        let notices = self.seen.iter().filter_map(|seen| match seen {
            Seen::Notice(_, pos, concern) => Some((*pos, *concern)),
            _ => None,
        });
        notices.collect()
    }

    /// All positions of a conversation that came, in the order they came.
    pub(crate) fn positions(&mut self, conversation: ConversationId) -> Vec<u64> {
        self.drain();
        let positions = self.seen.iter().filter_map(|seen| match seen {
            Seen::Entry(of, pos) if *of == conversation => Some(*pos),
            _ => None,
        });
        positions.collect()
    }
}
