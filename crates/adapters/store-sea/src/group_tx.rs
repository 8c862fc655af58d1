//! One change of a group: a transaction that holds the conversation's row.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use kabar_chats::{Entry, Event};
use kabar_groups::{Act, GroupChange, Member, ports::GroupTx};
use kabar_kernel::{ConversationId, PortResult, Pos, Role, RosterVersion, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    QuerySelect, Statement, Value, prelude::Uuid, sea_query::Expr,
};

use crate::{
    codec::{Columns, number, role_code, stored},
    connect::Db,
    entity::{conversation, member},
    failure::{Failure, OrPort},
    groups::{insert_changes, insert_members, insert_notices, member_of},
    log::Committer,
    rosters::Rosters,
    store::to_its_end,
};

/// Members that are looked up in one statement.
const CHUNK: usize = 1000;

/// The open transaction. Dropped, it rolls back and hands its connection back.
pub(crate) struct SeaGroupTx {
    tx: DatabaseTransaction,
    db: Db,
    committer: Committer,
    rosters: Arc<Rosters>,
    group: ConversationId,
    head: Pos,
    last_seq: i64,
    version: RosterVersion,
    active_at: i64,
    /// What happened, to be announced after the commit; its rows are written already.
    entries: Vec<Entry>,
    change: GroupChange,
    /// How many more members there are than before.
    grown_by: i32,
    /// Whose standing changed.
    affected: Vec<UserId>,
}

impl SeaGroupTx {
    /// Waits for the group's row; `None` when there is no such group.
    pub(crate) async fn begin(
        db: &Db,
        committer: Committer,
        rosters: Arc<Rosters>,
        group: ConversationId,
    ) -> Result<Option<Self>, Failure> {
        let tx = db.begin().await?;
        let sql = format!(
            "SELECT head, last_seq, roster_version, active_at FROM conversations \
             WHERE id = $1 AND kind = 1 {}",
            db.dialect.for_update
        );
        let row = tx.query_one_raw(db.statement(&sql, [group.as_uuid().into()])).await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(None);
        };
        let columns = &mut Columns::of(&row);
        let head = Pos::new(number(columns.next()?));
        let last_seq = columns.next()?;
        let version = RosterVersion::new(number(columns.next()?));
        let active_at = columns.next()?;
        Ok(Some(Self {
            tx,
            db: db.clone(),
            committer,
            rosters,
            group,
            head,
            last_seq,
            version,
            active_at,
            entries: Vec::new(),
            change: GroupChange::default(),
            grown_by: 0,
            affected: Vec::new(),
        }))
    }

    fn statement<const N: usize>(&self, sql: &str, values: [Value; N]) -> Statement {
        self.db.statement(sql, values)
    }

    async fn count(&self, condition: &str) -> Result<u32, Failure> {
        let sql = format!("SELECT count(*) FROM members WHERE conversation_id = $1 {condition}");
        let row = self
            .tx
            .query_one_raw(self.statement(&sql, [self.group.as_uuid().into()]))
            .await?
            .ok_or(Failure::Unreadable("count"))?;
        Ok(u32::try_from(row.try_get_by::<i64, _>(0)?).unwrap_or(u32::MAX))
    }

    /// Writes the entries that record what happened, at the next positions, and whom they concern.
    async fn record(
        &mut self,
        act: Act,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<(), Failure> {
        let written = self.entries.len();
        for event in events {
            self.head = self.head.next();
            self.entries.push(Entry {
                conversation: self.group,
                pos: self.head,
                at: act.at,
                by: act.by,
                event,
            });
        }
        self.active_at = Ord::max(self.active_at, act.at.as_millis());
        let new = self.entries.get(written..).unwrap_or_default();
        insert_changes(&self.tx, new).await?;
        insert_notices(&self.tx, new).await
    }

    /// Which of these are members, as far as this transaction sees.
    async fn members_among(&self, users: &[UserId]) -> Result<HashSet<Uuid>, Failure> {
        let mut members = HashSet::new();
        for chunk in users.chunks(CHUNK) {
            let ids = chunk.iter().map(UserId::as_uuid);
            let found: Vec<Uuid> = member::Entity::find()
                .select_only()
                .column(member::Column::UserId)
                .filter(
                    member::Column::ConversationId
                        .eq(self.group.as_uuid())
                        .and(member::Column::UserId.is_in(ids)),
                )
                .into_tuple()
                .all(&self.tx)
                .await?;
            members.extend(found);
        }
        Ok(members)
    }

    async fn add_members(
        &mut self,
        users: &[UserId],
        role: Role,
        act: Act,
    ) -> Result<Vec<UserId>, Failure> {
        let mut present = self.members_among(users).await?;
        // Whoever is named twice is added once.
        let added: Vec<UserId> =
            users.iter().copied().filter(|user| present.insert(user.as_uuid())).collect();
        if added.is_empty() {
            return Ok(added);
        }
        let first_pos = stored(self.head.get()).saturating_add(1);
        let rows = added.iter().zip(first_pos..).map(|(user, joined_pos)| member::Model {
            conversation_id: self.group.as_uuid(),
            user_id: user.as_uuid(),
            role: role_code(role),
            joined_pos,
            joined_at: act.at.as_millis(),
            // What was said before they came is not unread to them.
            read_seq: self.last_seq,
            delivered_seq: self.last_seq,
        });
        insert_members(&self.tx, rows.collect()).await?;
        let joined = added.iter().map(|user| Event::MemberJoined { user: *user, role });
        self.record(act, joined.collect::<Vec<_>>()).await?;
        self.grown_by =
            self.grown_by.saturating_add(i32::try_from(added.len()).unwrap_or(i32::MAX));
        self.affected.extend(&added);
        Ok(added)
    }

    async fn remove_member(&mut self, user: UserId, act: Act) -> Result<(), Failure> {
        let removed =
            member::Entity::delete_many().filter(self.is_member(user)).exec(&self.tx).await?;
        if removed.rows_affected == 0 {
            return Ok(());
        }
        self.grown_by = self.grown_by.saturating_sub(1);
        self.affected.push(user);
        let event =
            if user == act.by { Event::MemberLeft { user } } else { Event::MemberRemoved { user } };
        self.record(act, [event]).await
    }

    async fn give_role(&mut self, user: UserId, role: Role, act: Act) -> Result<(), Failure> {
        let given = member::Entity::update_many()
            .col_expr(member::Column::Role, Expr::value(role_code(role)))
            .filter(self.is_member(user))
            .exec(&self.tx)
            .await?;
        if given.rows_affected == 0 {
            return Ok(());
        }
        self.affected.push(user);
        self.record(act, [Event::MemberRoleChanged { user, role }]).await
    }

    fn is_member(&self, user: UserId) -> Expr {
        member::Column::ConversationId
            .eq(self.group.as_uuid())
            .and(member::Column::UserId.eq(user.as_uuid()))
    }

    async fn finish(self) -> Result<(), Failure> {
        if self.entries.is_empty() {
            return Ok(self.tx.rollback().await?);
        }
        let roster_changed = !self.affected.is_empty();
        let version = if roster_changed { self.version.next() } else { self.version };
        let mut update = conversation::Entity::update_many()
            .col_expr(conversation::Column::Head, Expr::value(stored(self.head.get())))
            .col_expr(conversation::Column::RosterVersion, Expr::value(stored(version.get())))
            .col_expr(conversation::Column::ActiveAt, Expr::value(self.active_at))
            .col_expr(
                conversation::Column::MemberCount,
                Expr::col(conversation::Column::MemberCount).add(self.grown_by),
            )
            .filter(conversation::Column::Id.eq(self.group.as_uuid()));
        if let Some(name) = &self.change.name {
            update = update.col_expr(conversation::Column::Name, Expr::value(name.as_str()));
        }
        if let Some(description) = &self.change.description {
            update = update
                .col_expr(conversation::Column::Description, Expr::value(description.as_str()));
        }
        update.exec(&self.tx).await?;
        let Self { tx, committer, rosters, group, entries, affected, .. } = self;
        let then = move || {
            if roster_changed {
                rosters.change(group, version, affected);
            }
        };
        committer.commit(tx, entries, then).await
    }
}

#[async_trait]
impl GroupTx for SeaGroupTx {
    async fn member(&mut self, user: UserId) -> PortResult<Option<Member>> {
        let row = self
            .tx
            .query_one_raw(self.statement(
                "SELECT user_id, role, joined_at FROM members \
                 WHERE conversation_id = $1 AND user_id = $2",
                [self.group.as_uuid().into(), user.as_uuid().into()],
            ))
            .await
            .or_port("read a member of a group")?;
        let member = row.map_or(Ok(None), |row| member_of(&mut Columns::of(&row)));
        member.or_port("read a member of a group")
    }

    async fn member_count(&mut self) -> PortResult<u32> {
        self.count("").await.or_port("count the members of a group")
    }

    async fn owner_count(&mut self) -> PortResult<u32> {
        let owners = format!("AND role = {}", role_code(Role::Owner));
        self.count(&owners).await.or_port("count the owners of a group")
    }

    async fn change(&mut self, change: &GroupChange, act: Act) -> PortResult<()> {
        let event = Event::GroupUpdated {
            name: change.name.as_ref().map(|name| name.as_str().to_owned()),
            description: change.description.as_ref().map(|text| text.as_str().to_owned()),
        };
        self.record(act, [event]).await.or_port("change a group")?;
        self.change = GroupChange {
            name: change.name.clone().or(self.change.name.take()),
            description: change.description.clone().or(self.change.description.take()),
        };
        Ok(())
    }

    async fn add(&mut self, users: &[UserId], role: Role, act: Act) -> PortResult<Vec<UserId>> {
        self.add_members(users, role, act).await.or_port("add members to a group")
    }

    async fn remove(&mut self, user: UserId, act: Act) -> PortResult<()> {
        self.remove_member(user, act).await.or_port("remove a member of a group")
    }

    async fn set_role(&mut self, user: UserId, role: Role, act: Act) -> PortResult<()> {
        self.give_role(user, role, act).await.or_port("change a member's role")
    }

    async fn commit(self: Box<Self>) -> PortResult<()> {
        to_its_end("commit a change of a group", self.finish()).await
    }
}
