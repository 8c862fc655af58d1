//! The service on stores in memory, and what happens in conversations that others are told of.

use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use kabar_chats::{ChatLimits, ChatPorts, Chats, Message, MessageBody, OnMessage, SendMessage};
use kabar_groups::{
    Act, GroupDescription, GroupName, NewGroup,
    ports::{GroupStore, GroupTx},
};
use kabar_kernel::{Clock, ConversationId, IdSource, MessageId, PageSize, Role, UserId};
use kabar_notifications::{
    Notification, NotificationId, Notifications, Preferences, Rules, ports::NotificationFeed,
};
use kabar_store_memory::{MemoryStore, Unheard};
use kabar_users::{
    DisplayName, User, Username,
    ports::{CreateUser, HashedPassword, UserStore},
};

use crate::fixed::{CountedIds, FixedClock};

/// What a user's devices are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Rules(UserId, Rules),
    Preferences(UserId, ConversationId, Preferences),
    Marked(UserId, Vec<NotificationId>, u32),
}

/// Keeps what it heard.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<Told>>);

impl Heard {
    /// All it heard since it was asked last.
    pub(crate) fn take(&self) -> Vec<Told> {
        mem::take(&mut self.0.lock().unwrap())
    }

    fn hear(&self, told: Told) {
        self.0.lock().unwrap().push(told);
    }
}

impl NotificationFeed for Heard {
    fn rules(&self, user: UserId, rules: Rules) {
        self.hear(Told::Rules(user, rules));
    }

    fn preferences(&self, user: UserId, conversation: ConversationId, preferences: Preferences) {
        self.hear(Told::Preferences(user, conversation, preferences));
    }

    fn marked(&self, user: UserId, ids: Vec<NotificationId>, unread: u32) {
        self.hear(Told::Marked(user, ids, unread));
    }
}

pub(crate) struct Scene {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<CountedIds>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) chats: Chats,
    pub(crate) notifications: Notifications,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(FixedClock::new());
        let ids = Arc::new(CountedIds::new());
        let store = MemoryStore::new(Unheard::feed(), Unheard::feed());
        let heard = Arc::new(Heard::default());
        let ports = ChatPorts {
            conversations: store.clone(),
            cursors: store.clone(),
            log: store.clone(),
            roster: store.clone(),
            people: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let chats = Chats::new(ports, ChatLimits::default());
        let notifications =
            Notifications::new(store.clone(), store.clone(), heard.clone(), clock.clone());
        Self { clock, ids, store, heard, chats, notifications }
    }

    pub(crate) async fn user(&self, name: &str) -> UserId {
        let user = User {
            id: UserId::new(self.ids.next_id()),
            username: Username::parse(name).unwrap(),
            display_name: DisplayName::parse(name).unwrap(),
            created_at: self.clock.now(),
            deactivated_at: None,
        };
        let hash = HashedPassword::new("any".to_owned());
        let created = UserStore::create(&*self.store, &user, &hash).await.unwrap();
        assert_eq!(created, CreateUser::Created);
        user.id
    }

    /// Two users with a direct conversation.
    pub(crate) async fn pair(&self) -> (ConversationId, UserId, UserId) {
        let (ayu, budi) = (self.user("ayu").await, self.user("budi").await);
        let opened = self.chats.open_direct(ayu, budi).await.unwrap();
        (opened.conversation.state.id, ayu, budi)
    }

    /// A group of ayu, who owns it, and budi.
    pub(crate) async fn group(&self) -> (ConversationId, UserId, UserId) {
        let (ayu, budi) = (self.user("ayu").await, self.user("budi").await);
        let group = NewGroup {
            id: ConversationId::new(self.ids.next_id()),
            name: GroupName::parse("Warung Kopi").unwrap(),
            description: GroupDescription::default(),
            members: vec![budi],
        };
        GroupStore::create(&*self.store, &group, self.act(ayu)).await.unwrap();
        (group.id, ayu, budi)
    }

    async fn change(&self, group: ConversationId) -> Box<dyn GroupTx> {
        GroupStore::begin(&*self.store, group).await.unwrap().unwrap()
    }

    pub(crate) async fn give_role(
        &self,
        group: ConversationId,
        user: UserId,
        role: Role,
        by: UserId,
    ) {
        let mut tx = self.change(group).await;
        tx.set_role(user, role, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn remove(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx = self.change(group).await;
        tx.remove(user, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn add(&self, group: ConversationId, user: UserId, by: UserId) {
        let mut tx = self.change(group).await;
        tx.add(&[user], Role::Member, self.act(by)).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn act(&self, by: UserId) -> Act {
        self.clock.advance(Duration::from_secs(1));
        Act { by, at: self.clock.now() }
    }

    /// Sends a message, a second after whatever was before.
    pub(crate) async fn say(
        &self,
        conversation: ConversationId,
        author: UserId,
        text: &str,
    ) -> Message {
        self.answer(conversation, author, text, None).await
    }

    /// Sends a message that answers another.
    pub(crate) async fn answer(
        &self,
        conversation: ConversationId,
        author: UserId,
        text: &str,
        reply_to: Option<MessageId>,
    ) -> Message {
        self.clock.advance(Duration::from_secs(1));
        let body = MessageBody::parse(text.to_owned()).unwrap();
        let command = SendMessage { conversation, author, client_id: None, body, reply_to };
        self.chats.send(command).await.unwrap().message
    }

    pub(crate) async fn delete(&self, message: &Message) {
        let (conversation, actor) = (message.conversation, message.author);
        let on = OnMessage { conversation, actor, message: message.id };
        self.chats.delete(on).await.unwrap();
    }

    /// The first page of the inbox.
    pub(crate) async fn inbox(&self, user: UserId) -> Vec<Notification> {
        self.notifications.inbox(user, None, false, page(100)).await.unwrap().items
    }
}

pub(crate) fn page(size: u16) -> PageSize {
    PageSize::new(size).unwrap()
}

/// Names the notification of a message.
pub(crate) const fn of(message: &Message) -> NotificationId {
    NotificationId { conversation: message.conversation, pos: message.pos }
}
