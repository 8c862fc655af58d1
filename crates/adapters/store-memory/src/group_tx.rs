use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use async_trait::async_trait;
use kabar_chats::Event;
use kabar_groups::{Act, GroupChange, Member, ports::GroupTx};
use kabar_kernel::{ConversationId, PortResult, Role, UserId};
use kabar_notifications::Concern;
use tokio::sync::OwnedMutexGuard;

use crate::{Shared, conversation::ConversationRow};

/// One step of a transaction: valid where it stands, since the turn is held from the beginning.
enum Step {
    Change(GroupChange),
    Join(UserId, Role),
    Go(UserId),
    SetRole(UserId, Role),
}

/// An open change of a group: holds the turn of its conversation, keeps its steps to itself, and
/// takes them all at the commit. Dropped before, it has touched nothing but the turn.
pub(crate) struct MemoryGroupTx {
    shared: Arc<Shared>,
    group: ConversationId,
    /// The roster as the steps leave it.
    roster: HashMap<UserId, Member>,
    steps: Vec<(Step, Act)>,
    turn: OwnedMutexGuard<()>,
}

impl MemoryGroupTx {
    /// `None` when there is no such conversation.
    pub(crate) fn begin(
        shared: Arc<Shared>,
        group: ConversationId,
        turn: OwnedMutexGuard<()>,
    ) -> Option<Box<dyn GroupTx>> {
        let roster = shared.change(|state| {
            let row = state.conversations.get(&group)?;
            Some(row.roster.iter().map(|(user, row)| (*user, row.member)).collect())
        })?;
        Some(Box::new(Self { shared, group, roster, steps: Vec::new(), turn }))
    }

    fn count(&self, counts: impl Fn(&Member) -> bool) -> u32 {
        let count = self.roster.values().filter(|member| counts(member)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

impl ConversationRow {
    /// Takes one step and writes the entry that records it.
    fn take(&mut self, step: Step, act: Act) -> kabar_chats::Entry {
        let event = match step {
            Step::Change(change) => self.rewrite(change),
            Step::Join(user, role) => {
                self.admit(user, role, act.at);
                self.notify_next(act, Concern::Joined, user, role);
                self.roster_version = self.roster_version.next();
                Event::MemberJoined { user, role }
            }
            Step::Go(user) => {
                self.roster.remove(&user);
                self.roster_version = self.roster_version.next();
                if user == act.by {
                    Event::MemberLeft { user }
                } else {
                    Event::MemberRemoved { user }
                }
            }
            Step::SetRole(user, role) => {
                if let Some(row) = self.roster.get_mut(&user) {
                    row.member.role = role;
                }
                self.notify_next(act, Concern::RoleChanged, user, role);
                self.roster_version = self.roster_version.next();
                Event::MemberRoleChanged { user, role }
            }
        };
        self.record(act, event)
    }

    fn rewrite(&mut self, change: GroupChange) -> Event {
        let event = Event::GroupUpdated {
            name: change.name.as_ref().map(|name| name.as_str().to_owned()),
            description: change.description.as_ref().map(|text| text.as_str().to_owned()),
        };
        if let Some(group) = &mut self.group {
            group.name = change.name.unwrap_or_else(|| group.name.clone());
            group.description = change.description.unwrap_or_else(|| group.description.clone());
        }
        event
    }
}

#[async_trait]
impl GroupTx for MemoryGroupTx {
    async fn member(&mut self, user: UserId) -> PortResult<Option<Member>> {
        Ok(self.roster.get(&user).copied())
    }

    async fn member_count(&mut self) -> PortResult<u32> {
        Ok(self.count(|_| true))
    }

    async fn owner_count(&mut self) -> PortResult<u32> {
        Ok(self.count(|member| member.role == Role::Owner))
    }

    async fn change(&mut self, change: &GroupChange, act: Act) -> PortResult<()> {
        if *change != GroupChange::default() {
            self.steps.push((Step::Change(change.clone()), act));
        }
        Ok(())
    }

    async fn add(&mut self, users: &[UserId], role: Role, act: Act) -> PortResult<Vec<UserId>> {
        let mut added = Vec::new();
        for user in users.iter().copied() {
            if let Entry::Vacant(place) = self.roster.entry(user) {
                place.insert(Member { user, role, joined_at: act.at });
                self.steps.push((Step::Join(user, role), act));
                added.push(user);
            }
        }
        Ok(added)
    }

    async fn remove(&mut self, user: UserId, act: Act) -> PortResult<()> {
        if self.roster.remove(&user).is_some() {
            self.steps.push((Step::Go(user), act));
        }
        Ok(())
    }

    async fn set_role(&mut self, user: UserId, role: Role, act: Act) -> PortResult<()> {
        if let Some(member) = self.roster.get_mut(&user) {
            member.role = role;
            self.steps.push((Step::SetRole(user, role), act));
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> PortResult<()> {
        let Self { shared, group, steps, turn, .. } = *self;
        let entries: Vec<kabar_chats::Entry> = shared.change(|state| {
            let row = state.conversations.get_mut(&group);
            row.map_or_else(Vec::new, |row| {
                steps.into_iter().map(|(step, act)| row.take(step, act)).collect()
            })
        });
        if !entries.is_empty() {
            shared.feed.entries(entries);
        }
        drop(turn);
        Ok(())
    }
}
