//! The service on stores in memory.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use kabar_chats::{
    ChatLimits, ChatPorts, Chats, ClientId, Emoji, ForwardMessage, Message, MessageBody, OnMessage,
    Presences, SendMessage,
    ports::{Appended, Connected},
};
use kabar_groups::{
    Act, GroupDescription, GroupName, NewGroup,
    ports::{GroupStore, GroupTx},
};
use kabar_kernel::{Clock, ConversationId, IdSource, MessageId, PageSize, Pos, Role, UserId};
use kabar_store_memory::{MemoryStore, Unheard};
use kabar_users::{
    DisplayName, PrivacyChange, User, Username,
    ports::{CreateUser, HashedPassword, PrivacyStore, UserStore},
};

use crate::fixed::{CountedIds, FixedClock};

/// Whose devices are connected.
#[derive(Default)]
pub(crate) struct Devices(Mutex<HashSet<UserId>>);

impl Devices {
    pub(crate) fn connect(&self, user: UserId) {
        self.0.lock().unwrap().insert(user);
    }
}

impl Connected for Devices {
    fn is_online(&self, user: UserId) -> bool {
        self.0.lock().unwrap().contains(&user)
    }
}

pub(crate) struct Scene {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<CountedIds>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) devices: Arc<Devices>,
    pub(crate) chats: Chats,
    pub(crate) presences: Presences,
}

/// A group with somebody of every role.
pub(crate) struct Warung {
    pub(crate) group: ConversationId,
    pub(crate) owner: UserId,
    pub(crate) admin: UserId,
    pub(crate) moderator: UserId,
    pub(crate) member: UserId,
}

impl Warung {
    /// Everybody, the highest role first.
    pub(crate) const fn all(&self) -> [(Role, UserId); 4] {
        [
            (Role::Owner, self.owner),
            (Role::Admin, self.admin),
            (Role::Moderator, self.moderator),
            (Role::Member, self.member),
        ]
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with_limits(ChatLimits::default())
    }

    pub(crate) fn with_limits(limits: ChatLimits) -> Self {
        let clock = Arc::new(FixedClock::new());
        let ids = Arc::new(CountedIds::new());
        let store = MemoryStore::new(Unheard::feed(), Unheard::feed());
        let devices = Arc::new(Devices::default());
        let ports = ChatPorts {
            conversations: store.clone(),
            cursors: store.clone(),
            log: store.clone(),
            roster: store.clone(),
            people: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let chats = Chats::new(ports, limits);
        let presences = Presences::new(store.clone(), devices.clone());
        Self { clock, ids, store, devices, chats, presences }
    }

    /// A user of whom nothing is stored.
    pub(crate) fn stranger(&self) -> UserId {
        UserId::new(self.ids.next_id())
    }

    pub(crate) async fn user(&self, name: &str) -> UserId {
        self.account(name, true).await
    }

    pub(crate) async fn deactivated(&self, name: &str) -> UserId {
        self.account(name, false).await
    }

    async fn account(&self, name: &str, active: bool) -> UserId {
        let now = self.clock.now();
        let user = User {
            id: self.stranger(),
            username: Username::parse(name).unwrap(),
            display_name: DisplayName::parse(name).unwrap(),
            created_at: now,
            deactivated_at: (!active).then_some(now),
        };
        let hash = HashedPassword::new("any".to_owned());
        let created = UserStore::create(&*self.store, &user, &hash).await.unwrap();
        assert_eq!(created, CreateUser::Created);
        user.id
    }

    pub(crate) async fn direct(&self, user: UserId, peer: UserId) -> ConversationId {
        self.chats.open_direct(user, peer).await.unwrap().conversation.state.id
    }

    /// Two users with a direct conversation.
    pub(crate) async fn pair(&self) -> (ConversationId, UserId, UserId) {
        let (ayu, budi) = (self.user("ayu").await, self.user("budi").await);
        (self.direct(ayu, budi).await, ayu, budi)
    }

    pub(crate) async fn group(&self, owner: UserId, members: &[UserId]) -> ConversationId {
        let group = NewGroup {
            id: ConversationId::new(self.ids.next_id()),
            name: GroupName::parse("Warung Kopi").unwrap(),
            description: GroupDescription::default(),
            members: members.to_vec(),
        };
        GroupStore::create(&*self.store, &group, self.act(owner)).await.unwrap();
        group.id
    }

    pub(crate) async fn remove(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx: Box<dyn GroupTx> = self.store.begin(group).await.unwrap().unwrap();
        tx.remove(user, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn add(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx: Box<dyn GroupTx> = self.store.begin(group).await.unwrap().unwrap();
        tx.add(&[user], Role::Member, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn give_role(&self, group: ConversationId, user: UserId, role: Role) {
        let mut tx: Box<dyn GroupTx> = self.store.begin(group).await.unwrap().unwrap();
        tx.set_role(user, role, self.act(user)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The group of ayu, who owns it, budi, citra and dewi.
    pub(crate) async fn warung(&self) -> Warung {
        let owner = self.user("ayu").await;
        let (admin, moderator) = (self.user("budi").await, self.user("citra").await);
        let member = self.user("dewi").await;
        let group = self.group(owner, &[admin, moderator, member]).await;
        self.give_role(group, admin, Role::Admin).await;
        self.give_role(group, moderator, Role::Moderator).await;
        Warung { group, owner, admin, moderator, member }
    }

    pub(crate) async fn change_privacy(&self, user: UserId, change: PrivacyChange) {
        self.store.change_privacy(user, change).await.unwrap().unwrap();
    }

    /// The position of the conversation's last entry: the same when nothing was written.
    pub(crate) async fn head(&self, conversation: ConversationId, reader: UserId) -> Pos {
        self.chats.conversation(conversation, reader).await.unwrap().state.head
    }

    /// A message as this member reads it now.
    pub(crate) async fn read(&self, message: &Message, reader: UserId) -> Message {
        self.chats.message(message.conversation, reader, message.id).await.unwrap()
    }

    /// A message of no conversation.
    pub(crate) fn unknown(&self, conversation: ConversationId, actor: UserId) -> OnMessage {
        OnMessage { conversation, actor, message: MessageId::new(self.ids.next_id()) }
    }

    /// What nobody may do anything with, whatever the right: an unknown message, one that is named in
    /// another conversation, one that a stranger and one that a removed member names.
    pub(crate) async fn out_of_reach(&self) -> Vec<OnMessage> {
        let (rina, sari) = (self.user("rina").await, self.user("sari").await);
        let stranger = self.user("tono").await;
        let group = self.group(rina, &[sari]).await;
        let notes = self.direct(rina, rina).await;
        let said = self.say(group, sari).await;
        self.remove(group, sari, rina).await;
        let named_elsewhere = OnMessage { conversation: notes, ..on(&said, rina) };
        vec![self.unknown(group, rina), named_elsewhere, on(&said, stranger), on(&said, sari)]
    }

    fn act(&self, by: UserId) -> Act {
        Act { by, at: self.clock.now() }
    }

    /// Sends a message that must be new, a second after whatever was before.
    pub(crate) async fn say(&self, conversation: ConversationId, author: UserId) -> Message {
        self.clock.advance(Duration::from_secs(1));
        let sent = self.chats.send(draft(conversation, author)).await.unwrap();
        let Appended { message, created } = sent;
        assert!(created);
        message
    }

    /// As [`Self::say`], with these words.
    pub(crate) async fn say_text(
        &self,
        conversation: ConversationId,
        author: UserId,
        text: &str,
    ) -> Message {
        self.clock.advance(Duration::from_secs(1));
        let command = SendMessage { body: body(text), ..draft(conversation, author) };
        self.chats.send(command).await.unwrap().message
    }

    /// Forwards a message to a conversation, from its own.
    pub(crate) async fn forward(
        &self,
        message: &Message,
        to: ConversationId,
        author: UserId,
    ) -> Message {
        self.chats.forward(forward(message, to, author)).await.unwrap().message
    }

    pub(crate) async fn say_times(
        &self,
        times: u64,
        conversation: ConversationId,
        author: UserId,
    ) -> Vec<Message> {
        let mut said = Vec::new();
        for _ in 0..times {
            said.push(self.say(conversation, author).await);
        }
        said
    }
}

/// A message without client id that answers nothing.
pub(crate) fn draft(conversation: ConversationId, author: UserId) -> SendMessage {
    SendMessage {
        conversation,
        author,
        client_id: None,
        body: body("Apa kabar? 🌺"),
        reply_to: None,
    }
}

/// That a message shall be forwarded to a conversation, without client id.
pub(crate) const fn forward(
    message: &Message,
    to: ConversationId,
    author: UserId,
) -> ForwardMessage {
    ForwardMessage {
        conversation: to,
        author,
        client_id: None,
        from: message.conversation,
        message: message.id,
    }
}

/// That somebody shall do something to a message.
pub(crate) const fn on(message: &Message, actor: UserId) -> OnMessage {
    OnMessage { conversation: message.conversation, actor, message: message.id }
}

pub(crate) fn body(text: &str) -> MessageBody {
    MessageBody::parse(text.to_owned()).unwrap()
}

pub(crate) fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).unwrap()
}

pub(crate) fn client_id(text: &str) -> ClientId {
    ClientId::parse(text.to_owned()).unwrap()
}

pub(crate) fn page(size: u16) -> PageSize {
    PageSize::new(size).unwrap()
}
