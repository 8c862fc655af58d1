//! Groups and the lists of their members.

use std::sync::Arc;

use async_trait::async_trait;
use kabar_chats::{ConversationKind, Entry, Event};
use kabar_groups::{
    Act, Group, GroupDescription, GroupName, Member, NewGroup,
    ports::{GroupStore, GroupTx, MemberCursor},
};
use kabar_kernel::{ConversationId, Page, PageSize, PortResult, Pos, Role, Timestamp, UserId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult, prelude::Uuid};

use crate::{
    codec::{Columns, change_of, kind_code, role, role_code, stored, stored_len},
    connect::Db,
    entity::{change, conversation, member, notification},
    failure::{Failure, OrPort},
    group_tx::SeaGroupTx,
    log::Committer,
    store::{SeaStore, to_its_end},
};

/// Rows in one `INSERT`: the databases bound the number of parameters.
const CHUNK: usize = 1000;

/// Inserts members.
pub(crate) async fn insert_members(
    tx: &impl ConnectionTrait,
    members: Vec<member::Model>,
) -> Result<(), Failure> {
    for chunk in members.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(member::ActiveModel::from);
        member::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Inserts entries that are not messages.
pub(crate) async fn insert_changes(
    tx: &impl ConnectionTrait,
    entries: &[Entry],
) -> Result<(), Failure> {
    for chunk in entries.chunks(CHUNK) {
        let rows = chunk.iter().filter_map(|entry| {
            let (kind, data) = change_of(&entry.event)?;
            Some(change::ActiveModel::from(change::Model {
                conversation_id: entry.conversation.as_uuid(),
                pos: stored(entry.pos.get()),
                by_id: entry.by.as_uuid(),
                at: entry.at.as_millis(),
                kind: kind.to_owned(),
                data: data.to_string(),
            }))
        });
        change::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Somebody was made a member by another, as `notifications` holds it.
pub(crate) const JOINED: i16 = 4;
/// Somebody was given another role by another.
pub(crate) const ROLE_CHANGED: i16 = 5;

/// What concerns a member of these entries: that another made them one, or gave them another role.
fn notice_of(entry: &Entry) -> Option<notification::ActiveModel> {
    let (user, kind, role) = match entry.event {
        Event::MemberJoined { user, role } => (user, JOINED, role),
        Event::MemberRoleChanged { user, role } => (user, ROLE_CHANGED, role),
        _ => return None,
    };
    let notice = notification::Model {
        conversation_id: entry.conversation.as_uuid(),
        pos: stored(entry.pos.get()),
        user_id: user.as_uuid(),
        kind,
        seq: None,
        role: Some(role_code(role)),
        by_id: entry.by.as_uuid(),
        at: entry.at.as_millis(),
        read_at: None,
    };
    (user != entry.by).then(|| notice.into())
}

/// Inserts what concerns members of these entries.
pub(crate) async fn insert_notices(
    tx: &impl ConnectionTrait,
    entries: &[Entry],
) -> Result<(), Failure> {
    let rows: Vec<_> = entries.iter().filter_map(notice_of).collect();
    for chunk in rows.chunks(CHUNK) {
        notification::Entity::insert_many(chunk.iter().cloned()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The first entries of a group: it was made, and each further member joined.
fn first_entries(group: &NewGroup, act: Act) -> Vec<Entry> {
    let created = Event::GroupCreated {
        name: group.name.as_str().to_owned(),
        description: group.description.as_str().to_owned(),
    };
    let joined =
        group.members.iter().map(|user| Event::MemberJoined { user: *user, role: Role::Member });
    std::iter::once(created)
        .chain(joined)
        .zip(1..)
        .map(|(event, pos)| Entry {
            conversation: group.id,
            pos: Pos::new(pos),
            at: act.at,
            by: act.by,
            event,
        })
        .collect()
}

async fn create(db: &Db, committer: Committer, group: &NewGroup, act: Act) -> Result<(), Failure> {
    let entries = first_entries(group, act);
    let at = act.at.as_millis();
    let tx = db.begin().await?;
    let row = conversation::Model {
        id: group.id.as_uuid(),
        kind: kind_code(ConversationKind::Group),
        head: stored_len(entries.len()),
        last_seq: 0,
        roster_version: 1,
        direct_key: None,
        name: Some(group.name.as_str().to_owned()),
        description: Some(group.description.as_str().to_owned()),
        created_at: at,
        active_at: at,
        // The owner's entry is the one that made the group.
        member_count: i32::try_from(entries.len()).unwrap_or(i32::MAX),
    };
    conversation::Entity::insert(conversation::ActiveModel::from(row))
        .exec_without_returning(&tx)
        .await?;
    let everybody = std::iter::once((act.by, Role::Owner))
        .chain(group.members.iter().map(|user| (*user, Role::Member)));
    let members = everybody.zip(1..).map(|((user, role), joined_pos)| member::Model {
        conversation_id: group.id.as_uuid(),
        user_id: user.as_uuid(),
        role: role_code(role),
        joined_pos,
        joined_at: at,
        read_seq: 0,
        delivered_seq: 0,
    });
    insert_members(&tx, members.collect()).await?;
    insert_changes(&tx, &entries).await?;
    insert_notices(&tx, &entries).await?;
    committer.commit(tx, entries, || ()).await
}

fn group_of(row: &QueryResult) -> Result<Group, Failure> {
    let columns = &mut Columns::of(row);
    let id = ConversationId::new(columns.next()?);
    let name: Option<String> = columns.next()?;
    let description: Option<String> = columns.next()?;
    let created_at = Timestamp::from_millis(columns.next()?);
    let members: i32 = columns.next()?;
    let role = role(columns.next()?)?;
    Ok(Group {
        id,
        name: GroupName::parse(&name.unwrap_or_default())
            .map_err(|_| Failure::Unreadable("group name"))?,
        description: GroupDescription::parse(&description.unwrap_or_default())
            .map_err(|_| Failure::Unreadable("group description"))?,
        created_at,
        member_count: u32::try_from(members).unwrap_or(0),
        role,
    })
}

/// Reads `user_id, role, joined_at`; `None` where an outer join found nobody.
pub(crate) fn member_of(columns: &mut Columns<'_>) -> Result<Option<Member>, Failure> {
    let Some(user) = columns.next::<Option<Uuid>>()? else {
        return Ok(None);
    };
    let role = role(columns.next()?)?;
    let joined_at = Timestamp::from_millis(columns.next()?);
    Ok(Some(Member { user: UserId::new(user), role, joined_at }))
}

/// Members of the group `$1` after the moment `$3` and id `$4`, for its member `$2`.
pub(crate) const MEMBERS: &str = "SELECT o.user_id, o.role, o.joined_at FROM members m \
    JOIN conversations c ON c.id = m.conversation_id \
    LEFT JOIN (SELECT user_id, role, joined_at FROM members WHERE conversation_id = $1 \
        AND (joined_at, user_id) > ($3, $4) ORDER BY joined_at, user_id LIMIT $5) o ON 1 = 1 \
    WHERE m.conversation_id = $1 AND m.user_id = $2 AND c.kind = 1 \
    ORDER BY o.joined_at, o.user_id";

impl SeaStore {
    async fn read_members(
        &self,
        group: ConversationId,
        reader: UserId,
        after: Option<MemberCursor>,
        size: PageSize,
    ) -> Result<Option<Page<Member>>, Failure> {
        let after = after.unwrap_or(MemberCursor {
            joined_at: Timestamp::from_millis(i64::MIN),
            user: UserId::new(Uuid::nil()),
        });
        let values = [
            group.as_uuid().into(),
            reader.as_uuid().into(),
            after.joined_at.as_millis().into(),
            after.user.as_uuid().into(),
            stored(size.overfetch()).into(),
        ];
        let rows = self.db.all(MEMBERS, values).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let members = rows.iter().filter_map(|row| member_of(&mut Columns::of(row)).transpose());
        Ok(Some(Page::from_overfetch(members.collect::<Result<_, _>>()?, size)))
    }
}

#[async_trait]
impl GroupStore for SeaStore {
    async fn create(&self, group: &NewGroup, act: Act) -> PortResult<()> {
        let committer = self.lanes.committer(group.id).or_port("create a group")?;
        let (db, group) = (self.db.clone(), group.clone());
        to_its_end("create a group", async move { create(&db, committer, &group, act).await }).await
    }

    async fn by_id(&self, group: ConversationId, reader: UserId) -> PortResult<Option<Group>> {
        let row = self
            .db
            .one(
                "SELECT c.id, c.name, c.description, c.created_at, c.member_count, m.role \
                 FROM members m JOIN conversations c ON c.id = m.conversation_id \
                 WHERE m.conversation_id = $1 AND m.user_id = $2 AND c.kind = 1",
                [group.as_uuid().into(), reader.as_uuid().into()],
            )
            .await
            .or_port("read a group")?;
        row.as_ref().map(group_of).transpose().or_port("read a group")
    }

    async fn members(
        &self,
        group: ConversationId,
        reader: UserId,
        after: Option<MemberCursor>,
        size: PageSize,
    ) -> PortResult<Option<Page<Member>>> {
        self.read_members(group, reader, after, size).await.or_port("list the members of a group")
    }

    async fn begin(&self, group: ConversationId) -> PortResult<Option<Box<dyn GroupTx>>> {
        let committer = self.lanes.committer(group).or_port("begin a change of a group")?;
        let begun = SeaGroupTx::begin(&self.db, committer, Arc::clone(&self.rosters), group)
            .await
            .or_port("begin a change of a group")?;
        Ok(begun.map(|tx| -> Box<dyn GroupTx> { Box::new(tx) }))
    }
}
