//! Conversations as their members see them.

use std::sync::Arc;

use async_trait::async_trait;
use kabar_chats::{
    ActivityCursor, Conversation, ConversationKind, ConversationState, RosterMember, UNREAD_CAP,
    ports::{ConversationStore, LiveFeed, Opened},
};
use kabar_kernel::{ConversationId, Page, PageSize, PortResult, Pos, Role, Seq, Timestamp, UserId};
use sea_orm::{DbBackend, EntityTrait, QueryResult, prelude::Uuid, sea_query::OnConflict};

use crate::{
    codec::{Columns, kind, kind_code, number, role, role_code, stored},
    connect::Db,
    dialect::Dialect,
    entity::{conversation, member},
    failure::{Failure, OrPort},
    store::{SeaStore, to_its_end},
};

/// The statements that read conversations, put together once.
#[derive(Debug, Clone)]
pub(crate) struct Queries {
    by_id: Arc<str>,
    list: Arc<str>,
    states: Arc<str>,
    /// The cursor of the member `$1` in `$2`: a state, and what [`Cursor::shown`] rests on.
    ///
    /// [`Cursor::shown`]: kabar_chats::Cursor::shown
    pub(crate) cursor: Arc<str>,
    /// Those of all conversations of `$1` that moved at `$2` or later, at most `$3`, the latest first.
    pub(crate) moved: Arc<str>,
}

/// The nil user as a literal: stands for everybody in a conversation.
pub(crate) const fn everybody(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "'00000000-0000-0000-0000-000000000000'::uuid",
        _ => "x'00000000000000000000000000000000'",
    }
}

/// The columns that [`state_of`] reads, of a row `c` of a conversation and one of its members.
///
/// Counted in the primary key from the cursor on, and not at all by whoever has read all.
fn state(dialect: &Dialect) -> String {
    let everybody = everybody(dialect.backend);
    let call = "n.conversation_id = c.id AND n.seq > c.read_seq AND n.by_id <> c.user_id";
    format!(
        "c.id, c.kind, c.head, c.last_seq, c.read_seq, c.delivered_seq, \
         CASE WHEN c.last_seq <= c.read_seq THEN 0 ELSE (SELECT count(*) FROM \
            (SELECT 1 AS one FROM messages x WHERE x.conversation_id = c.id \
             AND x.seq > c.read_seq AND x.author_id <> c.user_id AND x.deleted_at IS NULL \
             LIMIT {UNREAD_CAP}) u) \
         END AS unread, \
         CASE WHEN c.last_seq <= c.read_seq THEN 0 ELSE (SELECT count(*) FROM \
            (SELECT n.seq FROM notifications n WHERE n.user_id = c.user_id AND n.kind = 1 AND {call} \
             UNION \
             SELECT n.seq FROM notifications n WHERE n.user_id = {everybody} AND {call} \
             LIMIT {UNREAD_CAP}) o) \
         END AS mentions, \
         c.marked_unread"
    )
}

impl Queries {
    pub(crate) fn new(dialect: &Dialect) -> Self {
        let roster = dialect.first_members;
        let state = state(dialect);
        let whole = format!(
            "{state}, c.role, c.name, c.created_at, c.active_at, c.member_count, \
             {roster} AS first_members"
        );
        let cursor = format!(
            "{state}, c.member_count, \
             (SELECT s.shows_receipts FROM users s WHERE s.id = c.user_id) AS shows_receipts"
        );
        let seen = "SELECT v.id, v.kind, v.head, v.last_seq, m.read_seq, m.delivered_seq, \
             m.marked_unread, m.own_at, m.role, v.name, v.created_at, v.active_at, \
             v.member_count, m.user_id \
             FROM members m JOIN conversations v ON v.id = m.conversation_id \
             WHERE m.user_id = $1";
        Self {
            by_id: format!("SELECT {whole} FROM ({seen} AND m.conversation_id = $2) c").into(),
            // Cut to the page before anything is counted.
            list: format!(
                "SELECT {whole} FROM ({seen} \
                    AND (v.active_at < $2 OR (v.active_at = $2 AND v.id < $3)) \
                    ORDER BY v.active_at DESC, v.id DESC LIMIT $4) c \
                 ORDER BY c.active_at DESC, c.id DESC"
            )
            .into(),
            states: format!("SELECT {state} FROM ({seen}) c ORDER BY c.id").into(),
            cursor: format!("SELECT {cursor} FROM ({seen} AND m.conversation_id = $2) c").into(),
            // A cursor that never moved has no moment.
            moved: format!(
                "SELECT {cursor} FROM ({seen} AND m.own_at >= $2 AND m.own_at > 0 \
                    ORDER BY m.own_at DESC, v.id LIMIT $3) c \
                 ORDER BY c.own_at DESC, c.id"
            )
            .into(),
        }
    }

    /// For the tests of plans: name and text of every statement.
    #[cfg(test)]
    pub(crate) fn named(&self) -> [(&'static str, &str); 5] {
        [
            ("by_id", &*self.by_id),
            ("list", &*self.list),
            ("states", &*self.states),
            ("cursor", &*self.cursor),
            ("moved", &*self.moved),
        ]
    }
}

pub(crate) fn state_of(columns: &mut Columns<'_>) -> Result<ConversationState, Failure> {
    let id = ConversationId::new(columns.next()?);
    let kind = kind(columns.next()?)?;
    let head = Pos::new(number(columns.next()?));
    let last_seq = Seq::new(number(columns.next()?));
    let read_seq = Seq::new(number(columns.next()?));
    let delivered_seq = Seq::new(number(columns.next()?));
    let unread = u32::try_from(columns.next::<i64>()?).unwrap_or(UNREAD_CAP);
    let mentions = u32::try_from(columns.next::<i64>()?).unwrap_or(UNREAD_CAP);
    let marked_unread = columns.next::<i16>()? != 0;
    Ok(ConversationState {
        id,
        kind,
        head,
        last_seq,
        read_seq,
        delivered_seq,
        unread,
        mentions,
        marked_unread,
    })
}

fn conversation_of(row: &QueryResult) -> Result<Conversation, Failure> {
    let columns = &mut Columns::of(row);
    let state = state_of(columns)?;
    let role = role(columns.next()?)?;
    let name = columns.next()?;
    let created_at = Timestamp::from_millis(columns.next()?);
    let active_at = Timestamp::from_millis(columns.next()?);
    let members: i32 = columns.next()?;
    let first: Option<String> = columns.next()?;
    Ok(Conversation {
        state,
        role,
        name,
        created_at,
        active_at,
        member_count: u32::try_from(members).unwrap_or(0),
        members: first_members(first.as_deref().unwrap_or_default())?,
    })
}

/// Reads the text that [`Dialect::first_members`] makes.
fn first_members(text: &str) -> Result<Vec<RosterMember>, Failure> {
    let unreadable = || Failure::Unreadable("list of members");
    let member = |each: &str| {
        let (user, code) = each.split_at_checked(each.len().saturating_sub(1))?;
        let user = UserId::new(Uuid::try_parse(user).ok()?);
        Some(RosterMember { user, role: role(code.parse().ok()?).ok()? })
    };
    text.split(',')
        .filter(|each| !each.is_empty())
        .map(|each| member(each).ok_or_else(unreadable))
        .collect()
}

/// The two users of a direct conversation, in order: the same from either side.
fn direct_key(user: UserId, peer: UserId) -> String {
    let (first, second) = if user <= peer { (user, peer) } else { (peer, user) };
    format!("{}:{}", first.as_uuid().simple(), second.as_uuid().simple())
}

async fn find_direct(db: &Db, user: UserId, peer: UserId) -> Result<Option<Uuid>, Failure> {
    let key = direct_key(user, peer);
    let row = db.one("SELECT id FROM conversations WHERE direct_key = $1", [key.into()]).await?;
    Ok(row.map(|row| row.try_get_by(0)).transpose()?)
}

/// Makes the direct conversation; answers whether it was not there before.
async fn make_direct(
    db: &Db,
    new_id: ConversationId,
    users: [UserId; 2],
    now: Timestamp,
) -> Result<bool, Failure> {
    let [user, peer] = users;
    let both: &[UserId] = if user == peer { &[user] } else { &[user, peer] };
    let tx = db.begin().await?;
    let row = conversation::Model {
        id: new_id.as_uuid(),
        kind: kind_code(ConversationKind::Direct),
        head: 0,
        last_seq: 0,
        roster_version: 1,
        direct_key: Some(direct_key(user, peer)),
        name: None,
        description: None,
        created_at: now.as_millis(),
        active_at: now.as_millis(),
        member_count: i32::try_from(both.len()).unwrap_or(2),
    };
    let inserted = conversation::Entity::insert(conversation::ActiveModel::from(row))
        .on_conflict(OnConflict::column(conversation::Column::DirectKey).do_nothing().to_owned())
        .exec_without_returning(&tx)
        .await?;
    if inserted == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    let members = both.iter().map(|each| {
        member::ActiveModel::from(member::Model {
            conversation_id: new_id.as_uuid(),
            user_id: each.as_uuid(),
            role: role_code(Role::Member),
            joined_pos: 0,
            joined_at: now.as_millis(),
            read_seq: 0,
            delivered_seq: 0,
        })
    });
    member::Entity::insert_many(members).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(true)
}

async fn open_direct(
    db: &Db,
    queries: &Queries,
    feed: &Arc<dyn LiveFeed>,
    new_id: ConversationId,
    users: [UserId; 2],
    now: Timestamp,
) -> Result<Opened, Failure> {
    let [user, peer] = users;
    // Opening is mostly finding again, which needs no transaction.
    let found = find_direct(db, user, peer).await?;
    let created = found.is_none() && make_direct(db, new_id, users, now).await?;
    let id = match found {
        Some(id) => id,
        None if created => new_id.as_uuid(),
        // Another one made it meanwhile.
        None => {
            find_direct(db, user, peer).await?.ok_or(Failure::Unreadable("direct conversation"))?
        }
    };
    if created {
        let members = if user == peer { vec![user] } else { vec![user, peer] };
        feed.opened(new_id, members);
    }
    let row = db.one(&queries.by_id, [user.as_uuid().into(), id.into()]).await?;
    let row = row.ok_or(Failure::Unreadable("direct conversation"))?;
    Ok(Opened { conversation: conversation_of(&row)?, created })
}

#[async_trait]
impl ConversationStore for SeaStore {
    async fn open_direct(
        &self,
        new_id: ConversationId,
        user: UserId,
        peer: UserId,
        now: Timestamp,
    ) -> PortResult<Opened> {
        let (db, queries, feed) = (self.db.clone(), self.queries.clone(), Arc::clone(&self.feed));
        to_its_end("open a direct conversation", async move {
            open_direct(&db, &queries, &feed, new_id, [user, peer], now).await
        })
        .await
    }

    async fn by_id(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Conversation>> {
        let values = [reader.as_uuid().into(), conversation.as_uuid().into()];
        let row = self.db.one(&self.queries.by_id, values).await.or_port("read a conversation")?;
        row.as_ref().map(conversation_of).transpose().or_port("read a conversation")
    }

    async fn list(
        &self,
        reader: UserId,
        after: Option<ActivityCursor>,
        size: PageSize,
    ) -> PortResult<Page<Conversation>> {
        let after = after.unwrap_or(ActivityCursor {
            active_at: Timestamp::from_millis(i64::MAX),
            conversation: ConversationId::new(Uuid::nil()),
        });
        let values = [
            reader.as_uuid().into(),
            after.active_at.as_millis().into(),
            after.conversation.as_uuid().into(),
            stored(size.overfetch()).into(),
        ];
        let rows = self.db.all(&self.queries.list, values).await.or_port("list conversations")?;
        let items: Result<Vec<_>, Failure> = rows.iter().map(conversation_of).collect();
        Ok(Page::from_overfetch(items.or_port("list conversations")?, size))
    }

    async fn states(&self, reader: UserId) -> PortResult<Vec<ConversationState>> {
        let values = [reader.as_uuid().into()];
        let rows = self.db.all(&self.queries.states, values).await.or_port("read positions")?;
        let states = rows.iter().map(|row| state_of(&mut Columns::of(row)));
        states.collect::<Result<Vec<_>, Failure>>().or_port("read positions")
    }

    async fn epoch(&self) -> PortResult<String> {
        let row = self.db.one("SELECT epoch FROM epochs WHERE id = 1", []).await;
        let row = row.and_then(|row| row.ok_or(Failure::Unreadable("epoch")));
        row.or_port("read the epoch")?.try_get_by(0).or_port("read the epoch")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_pair_is_the_same_from_both_sides() {
        let (a, b) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        assert_eq!(direct_key(a, b), direct_key(b, a));
        assert_ne!(direct_key(a, b), direct_key(a, a));
    }

    #[test]
    fn the_first_members_are_read_in_either_spelling_of_their_ids() {
        let text = "00000000-0000-0000-0000-0000000000013,000000000000000000000000000000020";
        let members = first_members(text).unwrap();
        let expected = [(1, Role::Owner), (2, Role::Member)];
        assert_eq!(
            members,
            expected
                .map(|(id, role)| RosterMember { user: UserId::new(Uuid::from_u128(id)), role })
        );
        assert_eq!(first_members("").unwrap(), []);
        assert!(first_members("x").is_err());
        assert!(first_members("ü,").is_err());
    }
}
