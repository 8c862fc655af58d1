//! What concerned every user, until they have seen it.

mod statements;

use async_trait::async_trait;
use kabar_chats::UNREAD_CAP;
use kabar_kernel::{
    ConversationId, MessageId, Page, PageSize, PortResult, Pos, Seq, Timestamp, UserId,
};
use kabar_notifications::{
    About, Concern, INBOX_CAP, InboxCursor, Notification, NotificationId, Quoted,
    ports::{InboxStore, Marked},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Statement, Value, prelude::Uuid,
};

pub(crate) use self::statements::Statements;
use crate::{
    codec::{Columns, number, role, stored},
    failure::{Failure, OrPort},
    groups::{JOINED, ROLE_CHANGED},
    log::notices::{CALL_OF_EVERYBODY, MENTION, REPLY},
    store::SeaStore,
};

/// A direct conversation with unread messages: computed, and never stored.
const WAITING: i32 = 0;

fn concern(code: i32) -> Result<Concern, Failure> {
    const KINDS: [(i16, Concern); 5] = [
        (MENTION, Concern::Mention),
        (CALL_OF_EVERYBODY, Concern::MentionAll),
        (REPLY, Concern::Reply),
        (JOINED, Concern::Joined),
        (ROLE_CHANGED, Concern::RoleChanged),
    ];
    if code == WAITING {
        return Ok(Concern::Message);
    }
    let found = KINDS.into_iter().find(|(kind, _)| i32::from(*kind) == code);
    found.map(|(_, concern)| concern).ok_or(Failure::Unreadable("kind of notification"))
}

fn notification_of(row: &QueryResult) -> Result<Notification, Failure> {
    let columns = &mut Columns::of(row);
    let conversation = ConversationId::new(columns.next()?);
    let pos = Pos::new(number(columns.next()?));
    let concern = concern(columns.next()?)?;
    let seq: Option<i64> = columns.next()?;
    let given: Option<i32> = columns.next()?;
    let by = UserId::new(columns.next()?);
    let at = Timestamp::from_millis(columns.next()?);
    let read = columns.next::<i32>()? != 0;
    let waiting: i64 = columns.next()?;
    let message: Option<Uuid> = columns.next()?;
    let excerpt: Option<String> = columns.next()?;
    let about = match (seq, message) {
        (Some(seq), Some(id)) => About::Message {
            message: Quoted {
                id: MessageId::new(id),
                seq: Seq::new(number(seq)),
                excerpt: excerpt.unwrap_or_default(),
            },
            unread: u32::try_from(waiting).unwrap_or(UNREAD_CAP),
        },
        _ => {
            let code = given.and_then(|code| i16::try_from(code).ok());
            About::Membership { role: role(code.ok_or(Failure::Unreadable("role"))?)? }
        }
    };
    Ok(Notification { id: NotificationId { conversation, pos }, concern, by, at, about, read })
}

/// The values that name notifications in a statement: arrays on PostgreSQL, JSON on SQLite.
fn named(backend: DbBackend, ids: &[NotificationId]) -> Vec<Value> {
    let place = |id: &NotificationId| (id.conversation.as_uuid(), stored(id.pos.get()));
    if backend == DbBackend::Postgres {
        let (conversations, positions): (Vec<Uuid>, Vec<i64>) = ids.iter().map(place).unzip();
        return vec![conversations.into(), positions.into()];
    }
    let rows = ids
        .iter()
        .map(place)
        .map(|(conversation, pos)| serde_json::json!([conversation.simple().to_string(), pos]));
    vec![serde_json::Value::from(rows.collect::<Vec<_>>()).to_string().into()]
}

impl SeaStore {
    async fn read_inbox(
        &self,
        user: UserId,
        after: Option<InboxCursor>,
        only_unread: bool,
        size: PageSize,
    ) -> Result<Page<Notification>, Failure> {
        let after = after.unwrap_or(InboxCursor {
            at: Timestamp::from_millis(i64::MAX),
            id: NotificationId {
                conversation: ConversationId::new(Uuid::max()),
                pos: Pos::new(u64::MAX),
            },
        });
        let sql = if only_unread { &self.inbox.list_unread } else { &self.inbox.list };
        let values = [
            user.as_uuid().into(),
            after.at.as_millis().into(),
            after.id.conversation.as_uuid().into(),
            stored(after.id.pos.get()).into(),
            stored(size.overfetch()).into(),
        ];
        let rows = self.db.all(sql, values).await?;
        let items = rows.iter().map(notification_of).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, size))
    }

    async fn count_unread(&self, user: UserId) -> Result<u32, Failure> {
        let row = self.db.one(&self.inbox.unread, [user.as_uuid().into()]).await?;
        let row = row.ok_or(Failure::Unreadable("count"))?;
        Ok(u32::try_from(row.try_get_by::<i64, _>(0)?).unwrap_or(INBOX_CAP))
    }

    /// Marks by each of the statements, in one transaction.
    async fn mark_notifications(
        &self,
        user: UserId,
        at: Timestamp,
        named: &[Value],
        statements: &[&str],
    ) -> Result<Marked, Failure> {
        let tx = self.db.begin().await?;
        let mut changed = false;
        for sql in statements {
            let mut values = vec![user.as_uuid().into(), at.as_millis().into()];
            values.extend_from_slice(named);
            changed |= marks_any(&tx, self.db.dialect.backend, sql, values).await?;
        }
        if changed {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(Marked { unread: self.count_unread(user).await?, changed })
    }
}

async fn marks_any(
    tx: &DatabaseTransaction,
    backend: DbBackend,
    sql: &str,
    values: Vec<Value>,
) -> Result<bool, Failure> {
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(!tx.query_all_raw(statement).await?.is_empty())
}

#[async_trait]
impl InboxStore for SeaStore {
    async fn list(
        &self,
        user: UserId,
        after: Option<InboxCursor>,
        only_unread: bool,
        size: PageSize,
    ) -> PortResult<Page<Notification>> {
        self.read_inbox(user, after, only_unread, size).await.or_port("read an inbox")
    }

    async fn unread(&self, user: UserId) -> PortResult<u32> {
        self.count_unread(user).await.or_port("count unread notifications")
    }

    async fn mark_read(
        &self,
        user: UserId,
        ids: &[NotificationId],
        at: Timestamp,
    ) -> PortResult<Marked> {
        let named = named(self.db.dialect.backend, ids);
        let statements = [&*self.inbox.mark_named, &*self.inbox.mark_named_calls];
        let marked = self.mark_notifications(user, at, &named, &statements).await;
        marked.or_port("mark notifications as read")
    }

    async fn mark_all_read(&self, user: UserId, at: Timestamp) -> PortResult<Marked> {
        let Statements { mark_messages, mark_memberships, mark_calls, .. } = &self.inbox;
        let statements = [&**mark_messages, &**mark_memberships, &**mark_calls];
        let marked = self.mark_notifications(user, at, &[], &statements).await;
        marked.or_port("mark all notifications as read")
    }
}
