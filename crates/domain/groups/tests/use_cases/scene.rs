//! The service on stores in memory.

use std::{sync::Arc, time::Duration};

use kabar_chats::{Event, ports::LogStore};
use kabar_groups::{
    ChangeRole, ChangeRoleError, CreateGroup, GroupDescription, GroupLimits, GroupName, Groups,
    Member,
};
use kabar_kernel::{Clock, ConversationId, IdSource, PageSize, Pos, Role, UserId};
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
    pub(crate) groups: Arc<Groups>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with_limit(GroupLimits::default().members)
    }

    /// Groups have at most so many members.
    pub(crate) fn with_limit(members: u32) -> Self {
        let clock = Arc::new(FixedClock::new());
        let ids = Arc::new(CountedIds::new());
        let store = MemoryStore::new(Unheard::feed(), Unheard::feed());
        let groups = Groups::new(
            store.clone(),
            store.clone(),
            clock.clone(),
            ids.clone(),
            GroupLimits { members },
        );
        Self { clock, ids, store, groups: Arc::new(groups) }
    }

    /// A user of whom nothing is stored.
    pub(crate) fn stranger(&self) -> UserId {
        UserId::new(self.ids.next_id())
    }

    /// A conversation of which nothing is stored.
    pub(crate) fn nowhere(&self) -> ConversationId {
        ConversationId::new(self.ids.next_id())
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

    pub(crate) async fn users<const N: usize>(&self, names: [&str; N]) -> [UserId; N] {
        let mut users = [self.stranger(); N];
        for (user, name) in users.iter_mut().zip(names) {
            *user = self.user(name).await;
        }
        users
    }

    pub(crate) async fn group(&self, owner: UserId, members: &[UserId]) -> ConversationId {
        self.groups.create(founding(owner, members)).await.unwrap()
    }

    /// An owner gives a role.
    pub(crate) async fn give(&self, role: Role, group: ConversationId, by: UserId, user: UserId) {
        self.change_role(group, by, user, role).await.unwrap();
    }

    pub(crate) async fn change_role(
        &self,
        group: ConversationId,
        actor: UserId,
        user: UserId,
        role: Role,
    ) -> Result<(), ChangeRoleError> {
        self.clock.advance(Duration::from_secs(1));
        self.groups.change_role(ChangeRole { group, actor, user, role }).await
    }

    /// A group of an owner, an admin, a moderator and a member, in this order.
    pub(crate) async fn governed(&self) -> (ConversationId, [UserId; 4]) {
        let [owner, admin, moderator, member] =
            self.users(["owner", "admin", "moderator", "member"]).await;
        let group = self.group(owner, &[admin, moderator, member]).await;
        self.give(Role::Admin, group, owner, admin).await;
        self.give(Role::Moderator, group, owner, moderator).await;
        (group, [owner, admin, moderator, member])
    }

    /// What the log says happened, in order.
    pub(crate) async fn log(&self, group: ConversationId) -> Vec<Event> {
        let page = self.store.entries_for_delivery(group, Pos::ZERO, PageSize::REPLAY).await;
        page.unwrap().items.into_iter().map(|entry| entry.event).collect()
    }

    /// The roster, in the order they joined, as a member sees it.
    pub(crate) async fn roster(&self, group: ConversationId, reader: UserId) -> Vec<Member> {
        self.groups.members(group, reader, None, PageSize::REPLAY).await.unwrap().items
    }

    /// A member's role; `None` when they are none.
    pub(crate) async fn role(
        &self,
        group: ConversationId,
        reader: UserId,
        user: UserId,
    ) -> Option<Role> {
        let roster = self.roster(group, reader).await;
        roster.into_iter().find(|member| member.user == user).map(|member| member.role)
    }
}

pub(crate) fn name(text: &str) -> GroupName {
    GroupName::parse(text).unwrap()
}

pub(crate) fn founding(owner: UserId, members: &[UserId]) -> CreateGroup {
    CreateGroup {
        owner,
        name: name("Warung Kopi"),
        description: GroupDescription::parse("after work").unwrap(),
        members: members.to_vec(),
    }
}
