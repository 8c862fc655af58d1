//! The service on stores in memory.

use std::{sync::Arc, time::Duration};

use kabar_chats::{Chats, ClientId, Message, MessageBody, SendMessage, ports::Appended};
use kabar_groups::{
    Act, GroupDescription, GroupName, NewGroup,
    ports::{GroupStore, GroupTx},
};
use kabar_kernel::{Clock, ConversationId, IdSource, PageSize, UserId};
use kabar_store_memory::{MemoryStore, Unheard};
use kabar_users::{
    DisplayName, User, Username,
    ports::{CreateUser, HashedPassword, UserStore},
};

use crate::fixed::{CountedIds, FixedClock};

pub(crate) struct Scene {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<CountedIds>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) chats: Chats,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(FixedClock::new());
        let ids = Arc::new(CountedIds::new());
        let store = MemoryStore::new(Unheard::feed(), Unheard::feed());
        let chats = Chats::new(
            store.clone(),
            store.clone(),
            store.clone(),
            store.clone(),
            clock.clone(),
            ids.clone(),
        );
        Self { clock, ids, store, chats }
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
        body: MessageBody::parse("Apa kabar? 🌺".to_owned()).unwrap(),
        reply_to: None,
    }
}

pub(crate) fn client_id(text: &str) -> ClientId {
    ClientId::parse(text.to_owned()).unwrap()
}

pub(crate) fn page(size: u16) -> PageSize {
    PageSize::new(size).unwrap()
}
