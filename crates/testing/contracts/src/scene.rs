//! Accounts, conversations and messages for the laws, made from counted ids and moments.

use std::{
    future::Future,
    ops::Deref,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Waker},
};

use kabar_chats::{
    ClientId, ConversationState, Cursor, Emoji, Entry, Event, Mentions, Message, MessageBody,
    Standing,
    ports::{Append, Appended, Audience, MessageTx, NewMessage, ReplyTo},
};
use kabar_groups::{Act, GroupDescription, GroupName, NewGroup, ports::GroupTx};
use kabar_kernel::{ConversationId, PageSize, Pos, Role, RosterVersion, Seq, Timestamp, UserId};
use kabar_users::{
    DisplayName, User, Username,
    ports::{CreateUser, HashedPassword},
};
use tokio::task::JoinSet;

use crate::{DEADLINE, Stores};

/// Stores, and what makes things to put into them. The same ids and moments every time.
pub(crate) struct Scene {
    stores: Stores,
    ids: AtomicU64,
    clock: AtomicI64,
}

impl Deref for Scene {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.stores
    }
}

impl Scene {
    pub(crate) fn on(stores: Stores) -> Arc<Self> {
        Arc::new(Self { stores, ids: AtomicU64::new(1), clock: AtomicI64::new(1_750_000_000_000) })
    }

    /// An id never given before; later ones sort later.
    pub(crate) fn id<T: FromStr<Err: std::fmt::Debug>>(&self) -> T {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("0190a0a0-0000-7000-8000-{number:012x}").parse().unwrap()
    }

    /// A moment a second after the last one.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.fetch_add(1000, Ordering::Relaxed))
    }

    pub(crate) fn account(&self, username: &str) -> User {
        User {
            id: self.id(),
            username: Username::parse(username).unwrap(),
            display_name: DisplayName::parse("Ayu Lestari 🌺").unwrap(),
            created_at: self.now(),
            deactivated_at: None,
        }
    }

    /// A stored account with this username.
    pub(crate) async fn user(&self, username: &str) -> UserId {
        let user = self.account(username);
        let created = self.users.create(&user, &hash("first")).await.unwrap();
        assert_eq!(created, CreateUser::Created);
        user.id
    }

    /// So many stored accounts, ids ascending.
    pub(crate) async fn people(&self, count: usize) -> Vec<UserId> {
        let mut people = Vec::new();
        for number in 0..count {
            people.push(self.user(&format!("person-{number}")).await);
        }
        people
    }

    pub(crate) async fn direct(&self, user: UserId, peer: UserId) -> ConversationId {
        let opened =
            self.conversations.open_direct(self.id(), user, peer, self.now()).await.unwrap();
        opened.conversation.state.id
    }

    pub(crate) fn new_group(&self, members: &[UserId]) -> NewGroup {
        NewGroup {
            id: self.id(),
            name: GroupName::parse("Warung Kopi").unwrap(),
            description: GroupDescription::parse("after work").unwrap(),
            members: members.to_vec(),
        }
    }

    pub(crate) async fn group(&self, owner: UserId, members: &[UserId]) -> ConversationId {
        let group = self.new_group(members);
        self.groups.create(&group, self.act(owner)).await.unwrap();
        group.id
    }

    pub(crate) fn act(&self, by: UserId) -> Act {
        Act { by, at: self.now() }
    }

    pub(crate) async fn begin(&self, group: ConversationId) -> Box<dyn GroupTx> {
        self.groups.begin(group).await.unwrap().expect("the group exists")
    }

    /// Adds plain members in one committed change.
    pub(crate) async fn add(&self, group: ConversationId, users: &[UserId], by: UserId) {
        let mut tx = self.begin(group).await;
        tx.add(users, Role::Member, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Removes a member in one committed change.
    pub(crate) async fn remove(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx = self.begin(group).await;
        tx.remove(user, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Gives a member another role in one committed change.
    pub(crate) async fn set_role(
        &self,
        group: ConversationId,
        user: UserId,
        role: Role,
        by: UserId,
    ) {
        let mut tx = self.begin(group).await;
        tx.set_role(user, role, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn standing(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Option<Standing> {
        self.roster.standing(conversation, user).await.unwrap()
    }

    /// A message with a client id of its own, checked against the present roster.
    pub(crate) async fn draft(&self, conversation: ConversationId, author: UserId) -> NewMessage {
        let standing = self.standing(conversation, author).await;
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        NewMessage {
            id: self.id(),
            conversation,
            author,
            client_id: client_id(&format!("client-{number}")),
            body: MessageBody::parse(format!("kabar {number}\n🌺")).unwrap(),
            reply: None,
            forward: None,
            mentions: Mentions::NONE,
            created_at: self.now(),
            checked: standing.map_or(RosterVersion::ZERO, |standing| standing.roster),
        }
    }

    /// Posts a message of a member.
    pub(crate) async fn say(&self, conversation: ConversationId, author: UserId) -> Message {
        let appended = self.append(self.draft(conversation, author).await).await;
        assert!(appended.created, "a client id of its own was taken for a repetition");
        appended.message
    }

    /// Posts a message of a member that says this.
    pub(crate) async fn append_text(
        &self,
        conversation: ConversationId,
        author: UserId,
        text: &str,
    ) -> Message {
        let draft = self.draft(conversation, author).await;
        self.append(NewMessage { body: body(text), ..draft }).await.message
    }

    /// Posts a message of a member that calls these people by name.
    pub(crate) async fn call(
        &self,
        conversation: ConversationId,
        author: UserId,
        called: &[UserId],
    ) -> Message {
        let draft = self.draft(conversation, author).await;
        self.append(NewMessage { mentions: calling(called), ..draft }).await.message
    }

    /// Posts a message of a member that calls everybody.
    pub(crate) async fn call_all(&self, conversation: ConversationId, author: UserId) -> Message {
        let draft = self.draft(conversation, author).await;
        self.append(NewMessage { mentions: CALLING_ALL, ..draft }).await.message
    }

    /// Posts a message of a member that answers another one.
    pub(crate) async fn answer(&self, answered: &Message, author: UserId) -> Message {
        let draft = self.draft(answered.conversation, author).await;
        self.append(NewMessage { reply: Some(reply_to(answered)), ..draft }).await.message
    }

    /// Begins a change of a message by a member.
    pub(crate) async fn change(
        &self,
        conversation: ConversationId,
        actor: UserId,
    ) -> Box<dyn MessageTx> {
        self.log.begin(conversation, actor).await.unwrap().expect("a member may begin")
    }

    /// Replaces a message's text by another that calls nobody, in one committed change.
    pub(crate) async fn edit(&self, message: &Message, text: &str) -> Timestamp {
        self.edit_calling(message, text, &Mentions::NONE).await
    }

    /// Replaces a message's text and whom it calls in one committed change.
    pub(crate) async fn edit_calling(
        &self,
        message: &Message,
        text: &str,
        mentions: &Mentions,
    ) -> Timestamp {
        let (at, mut tx) = (self.now(), self.change(message.conversation, message.author).await);
        tx.edit(message.seq, &body(text), mentions, at).await.unwrap();
        tx.commit().await.unwrap();
        at
    }

    /// Deletes a message in one committed change.
    pub(crate) async fn delete(&self, message: &Message, by: UserId) -> Timestamp {
        let (at, mut tx) = (self.now(), self.change(message.conversation, by).await);
        tx.delete(message.seq, at).await.unwrap();
        tx.commit().await.unwrap();
        at
    }

    /// Reacts to a message in one committed change.
    pub(crate) async fn react(&self, message: &Message, by: UserId, with: &str) -> bool {
        let mut tx = self.change(message.conversation, by).await;
        let changed = tx.react(message.seq, emoji(with), self.now()).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// Takes a reaction back in one committed change.
    pub(crate) async fn unreact(&self, message: &Message, by: UserId, with: &str) -> bool {
        let mut tx = self.change(message.conversation, by).await;
        let changed = tx.unreact(message.seq, emoji(with), self.now()).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    /// Pins a message, or unpins it, in one committed change.
    pub(crate) async fn pin(&self, message: &Message, by: UserId, pinned: bool) -> Timestamp {
        let (at, mut tx) = (self.now(), self.change(message.conversation, by).await);
        assert!(tx.pin(message.seq, pinned, at).await.unwrap(), "it was so already");
        tx.commit().await.unwrap();
        at
    }

    /// The message as a member sees it now.
    pub(crate) async fn seen(&self, message: &Message, reader: UserId) -> Message {
        let found = self.log.message(message.conversation, reader, message.id).await.unwrap();
        found.expect("a message never vanishes")
    }

    /// Moves a member's read cursor.
    pub(crate) async fn mark_read(
        &self,
        conversation: ConversationId,
        user: UserId,
        seq: u64,
    ) -> Cursor {
        let (seq, at) = (Seq::new(seq), self.now());
        let cursor = self.cursors.mark_read(conversation, user, seq, at, AUDIENCE).await.unwrap();
        cursor.expect("a member has a cursor")
    }

    /// Moves a member's delivered cursor.
    pub(crate) async fn mark_delivered(
        &self,
        conversation: ConversationId,
        user: UserId,
        seq: u64,
    ) -> Cursor {
        let (seq, at) = (Seq::new(seq), self.now());
        let cursor = self.cursors.mark_delivered(conversation, user, seq, at, AUDIENCE).await;
        cursor.unwrap().expect("a member has a cursor")
    }

    /// Appends a message that must not be refused.
    pub(crate) async fn append(&self, message: NewMessage) -> Appended {
        match self.log.append(message).await.unwrap() {
            Append::Appended(appended) => appended,
            refused => panic!("a member was refused: {refused:?}"),
        }
    }

    /// The whole log.
    pub(crate) async fn log_of(&self, conversation: ConversationId) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let after = entries.last().map_or(Pos::ZERO, |entry| entry.pos);
            let page =
                self.log.entries_for_delivery(conversation, after, PageSize::REPLAY).await.unwrap();
            assert!(page.items.iter().all(|entry| entry.pos > after), "a read repeats its cursor");
            assert!(!page.has_more || !page.items.is_empty(), "more, but where?");
            entries.extend(page.items);
            if !page.has_more {
                return entries;
            }
        }
    }

    /// A member's numbers of a conversation; `None` when it is not theirs.
    pub(crate) async fn state(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Option<ConversationState> {
        let states = self.conversations.states(reader).await.unwrap();
        states.into_iter().find(|state| state.id == conversation)
    }

    /// Asks again and again until the answer is yes; fails at the deadline.
    pub(crate) async fn eventually(&self, what: &str, ask: impl AsyncFn() -> bool) {
        let asking = async {
            while !ask().await {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(DEADLINE, asking).await.is_ok(), "never: {what}");
    }
}

/// Groups of at most this many members show receipts.
pub(crate) const AUDIENCE: Audience = Audience { members: 50 };

/// What a message calls that calls everybody and nobody by name.
pub(crate) const CALLING_ALL: Mentions = Mentions { users: Vec::new(), all: true };

/// What a message calls that calls these by name.
pub(crate) fn calling(users: &[UserId]) -> Mentions {
    Mentions { users: users.to_vec(), all: false }
}

/// An answer to this message.
pub(crate) fn reply_to(message: &Message) -> ReplyTo {
    ReplyTo { message: message.id, author: message.author }
}

pub(crate) fn body(text: &str) -> MessageBody {
    MessageBody::parse(text.to_owned()).unwrap()
}

pub(crate) fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).unwrap()
}

/// A page size within bounds.
pub(crate) fn page(size: u16) -> PageSize {
    PageSize::new(size).unwrap()
}

pub(crate) fn client_id(text: &str) -> ClientId {
    ClientId::parse(text.to_owned()).unwrap()
}

pub(crate) fn hash(salt: &str) -> HashedPassword {
    HashedPassword::new(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}$aGFzaA"))
}

/// Fails unless the positions of a log are 1, 2, 3 … and so are the numbers of its messages.
pub(crate) fn assert_gapless(log: &[Entry]) {
    let mut seq = 0;
    for (entry, pos) in log.iter().zip(1..) {
        assert_eq!(entry.pos.get(), pos, "a hole or a twin in the positions");
        if let Event::MessagePosted(message) = &entry.event {
            seq += 1;
            assert_eq!(message.seq.get(), seq, "a hole or a twin in the numbers");
            assert_eq!(message.pos, entry.pos, "a message knows another position than its entry");
            assert_eq!(message.conversation, entry.conversation);
            assert_eq!(message.author, entry.by);
            assert_eq!(message.created_at, entry.at);
        }
    }
}

/// The messages of a log.
pub(crate) fn messages(log: &[Entry]) -> Vec<Message> {
    log.iter()
        .filter_map(|entry| match &entry.event {
            Event::MessagePosted(message) => Some(message.clone()),
            _ => None,
        })
        .collect()
}

/// Runs tasks at once and answers what they answered, in any order.
pub(crate) async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    tasks.into_iter().collect::<JoinSet<T>>().join_all().await
}

/// Lets a future take its first step and drops it, as a server does whose client went away.
pub(crate) fn take_one_step_and_vanish(future: impl Future) {
    let mut future = Box::pin(future);
    let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// How many lanes [`rounds`] runs at once, and how many rounds in each: 200 together.
const LANES: usize = 8;
const ROUNDS: usize = 25;

/// Runs a race 200 times, in lanes that go on at once, so that it is quick where a commit is not; gives
/// every race the number of its lane and of its round in it.
pub(crate) async fn rounds<F>(race: impl Fn(usize, usize) -> F + Clone + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    at_once((0..LANES).map(|lane| {
        let race = race.clone();
        async move {
            for round in 0..ROUNDS {
                race(lane, round).await;
            }
        }
    }))
    .await;
}
