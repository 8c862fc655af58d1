use std::sync::Arc;

use async_trait::async_trait;
use kabar_chats::{Entry, Event};
use kabar_groups::{
    Act, Group, Member, NewGroup,
    ports::{GroupStore, GroupTx, MemberCursor},
};
use kabar_kernel::{ConversationId, Page, PageSize, PortError, PortResult, Role, UserId};
use kabar_notifications::Concern;

use crate::{
    MemoryStore,
    conversation::{ConversationRow, GroupRow},
    group_tx::MemoryGroupTx,
    state::State,
};

/// The conversation of a new group with its first entries.
fn found(group: &NewGroup, act: Act) -> (ConversationRow, Vec<Entry>) {
    let (name, description) = (group.name.clone(), group.description.clone());
    let created = Event::GroupCreated {
        name: name.as_str().to_owned(),
        description: description.as_str().to_owned(),
    };
    let mut row = ConversationRow::new(group.id, act.at, Some(GroupRow { name, description }));
    row.admit(act.by, Role::Owner, act.at);
    let mut entries = vec![row.record(act, created)];
    for user in &group.members {
        row.admit(*user, Role::Member, act.at);
        row.notify_next(act, Concern::Joined, *user, Role::Member);
        entries.push(row.record(act, Event::MemberJoined { user: *user, role: Role::Member }));
    }
    (row, entries)
}

/// A group with its conversation, for a member.
fn opened(
    state: &State,
    group: ConversationId,
    reader: UserId,
) -> Option<(&ConversationRow, &GroupRow, Role)> {
    let row = state.conversations.get(&group)?;
    Some((row, row.group.as_ref()?, row.roster.get(&reader)?.member.role))
}

#[async_trait]
impl GroupStore for MemoryStore {
    async fn create(&self, group: &NewGroup, act: Act) -> PortResult<()> {
        let (row, entries) = found(group, act);
        // Taken before anybody knows the group, so that what follows is announced after this.
        let _turn = Arc::clone(&row.turn).lock_owned().await;
        self.change(|state| {
            if state.conversations.contains_key(&row.id) {
                return Err(PortError::new("create a group", "its id is taken"));
            }
            state.conversations.insert(row.id, row);
            Ok(())
        })?;
        self.shared.feed.entries(entries);
        Ok(())
    }

    async fn by_id(&self, group: ConversationId, reader: UserId) -> PortResult<Option<Group>> {
        Ok(self.read(|state| {
            let (row, group, role) = opened(state, group, reader)?;
            Some(Group {
                id: row.id,
                name: group.name.clone(),
                description: group.description.clone(),
                created_at: row.created_at,
                member_count: row.member_count(),
                role,
            })
        }))
    }

    async fn members(
        &self,
        group: ConversationId,
        reader: UserId,
        after: Option<MemberCursor>,
        size: PageSize,
    ) -> PortResult<Option<Page<Member>>> {
        let after = after.map(|cursor| (cursor.joined_at, cursor.user));
        Ok(self.read(|state| {
            let (row, ..) = opened(state, group, reader)?;
            let mut members = row.members();
            members
                .retain(|member| after.is_none_or(|after| (member.joined_at, member.user) > after));
            Some(Page::from_overfetch(members, size))
        }))
    }

    async fn begin(&self, group: ConversationId) -> PortResult<Option<Box<dyn GroupTx>>> {
        let turn = self.read(|state| {
            let row = state.conversations.get(&group)?;
            row.group.is_some().then(|| Arc::clone(&row.turn))
        });
        let Some(turn) = turn else { return Ok(None) };
        let turn = turn.lock_owned().await;
        Ok(MemoryGroupTx::begin(Arc::clone(&self.shared), group, turn))
    }
}
