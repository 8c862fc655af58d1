//! When people were last there, who may know, and what they show of themselves.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kabar_chats::ports::{PresenceStore, Seen};
use kabar_kernel::{PortResult, Timestamp, UserId};
use kabar_users::{Privacy, PrivacyChange, ports::PrivacyStore};
use sea_orm::{DbBackend, QueryResult, Value, prelude::Uuid};

use crate::{
    codec::Columns,
    failure::{Failure, OrPort},
    store::SeaStore,
};

/// Who of the users `$2` the user `$1` may see, and when they were last there.
///
/// SQLite keeps the order of a `CROSS JOIN`: it goes through the conversations of those who are asked
/// for, and not through the members of every conversation.
pub(crate) fn visible_sql(backend: DbBackend) -> String {
    let asked = id_set(backend, "$2");
    format!(
        "SELECT u.id, u.last_seen_at FROM users u \
            WHERE u.id = $1 AND u.deactivated_at IS NULL AND u.id IN (SELECT w.id FROM {asked}) \
         UNION SELECT u.id, u.last_seen_at \
            FROM {asked} CROSS JOIN users u CROSS JOIN members o CROSS JOIN members m \
            WHERE u.id = w.id AND u.deactivated_at IS NULL AND u.shows_presence = 1 \
            AND o.user_id = w.id AND m.conversation_id = o.conversation_id AND m.user_id = $1"
    )
}

/// Who of the users `$2` may see the user `$1`.
pub(crate) fn entitled_sql(backend: DbBackend) -> String {
    let asked = id_set(backend, "$2");
    format!(
        "SELECT u.id FROM users u \
            WHERE u.id = $1 AND u.deactivated_at IS NULL AND u.id IN (SELECT w.id FROM {asked}) \
         UNION SELECT w.id FROM users u CROSS JOIN {asked} CROSS JOIN members o CROSS JOIN members m \
            WHERE u.id = $1 AND u.deactivated_at IS NULL AND u.shows_presence = 1 \
            AND o.user_id = w.id AND m.conversation_id = o.conversation_id AND m.user_id = $1"
    )
}

/// Moves the moments of users forward. Their rows are locked in the order of their ids, so that two
/// nodes that note the same users do not wait for each other.
pub(crate) fn note_sql(backend: DbBackend) -> String {
    let (moments, lock) = match backend {
        DbBackend::Postgres => {
            ("unnest($1::uuid[], $2::bigint[]) AS w(id, at)", "ORDER BY u.id FOR UPDATE OF u")
        }
        _ => (
            "(SELECT unhex(j.value ->> 0) AS id, j.value ->> 1 AS at FROM json_each($1) AS j) AS w",
            "",
        ),
    };
    format!(
        "UPDATE users SET last_seen_at = s.at FROM \
            (SELECT u.id, w.at FROM {moments} JOIN users u ON u.id = w.id \
             WHERE u.last_seen_at IS NULL OR u.last_seen_at < w.at {lock}) s \
         WHERE users.id = s.id"
    )
}

/// A set of ids as a table `w(id)`, whatever its size: an array on PostgreSQL, JSON on SQLite.
fn id_set(backend: DbBackend, value: &str) -> String {
    if backend == DbBackend::Postgres {
        return format!("unnest({value}::uuid[]) AS w(id)");
    }
    format!("(SELECT unhex(j.value) AS id FROM json_each({value}) AS j) AS w")
}

fn ids(backend: DbBackend, users: &[UserId]) -> Value {
    if backend == DbBackend::Postgres {
        return users.iter().map(UserId::as_uuid).collect::<Vec<Uuid>>().into();
    }
    let hex = users.iter().map(|user| user.as_uuid().simple().to_string());
    serde_json::Value::from(hex.collect::<Vec<_>>()).to_string().into()
}

const PRIVACY: &str =
    "SELECT shows_receipts, shows_typing, shows_presence FROM users WHERE id = $1";

const CHANGE_PRIVACY: &str = "UPDATE users SET shows_receipts = COALESCE($2, shows_receipts), \
        shows_typing = COALESCE($3, shows_typing), \
        shows_presence = COALESCE($4, shows_presence) \
    WHERE id = $1 RETURNING shows_receipts, shows_typing, shows_presence";

fn privacy_of(row: &QueryResult) -> Result<Privacy, Failure> {
    let columns = &mut Columns::of(row);
    let mut shown = || columns.next::<i16>().map(|code| code != 0);
    Ok(Privacy { receipts: shown()?, typing: shown()?, presence: shown()? })
}

impl SeaStore {
    async fn read_visible(&self, watcher: UserId, users: &[UserId]) -> Result<Vec<Seen>, Failure> {
        let backend = self.db.dialect.backend;
        let values = [watcher.as_uuid().into(), ids(backend, users)];
        let rows = self.db.all(&visible_sql(backend), values).await?;
        let seen = rows.iter().map(|row| {
            let columns = &mut Columns::of(row);
            let user = UserId::new(columns.next()?);
            Ok(Seen { user, at: columns.next::<Option<i64>>()?.map(Timestamp::from_millis) })
        });
        seen.collect()
    }

    async fn read_entitled(
        &self,
        user: UserId,
        watchers: &[UserId],
    ) -> Result<Vec<UserId>, Failure> {
        let backend = self.db.dialect.backend;
        let values = [user.as_uuid().into(), ids(backend, watchers)];
        let rows = self.db.all(&entitled_sql(backend), values).await?;
        rows.iter().map(|row| Ok(UserId::new(Columns::of(row).next()?))).collect()
    }

    async fn write_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), Failure> {
        // Whoever is named twice was there until the later moment.
        let mut latest: BTreeMap<Uuid, i64> = BTreeMap::new();
        for (user, at) in seen {
            let latest = latest.entry(user.as_uuid()).or_insert(i64::MIN);
            *latest = Ord::max(*latest, at.as_millis());
        }
        let backend = self.db.dialect.backend;
        let sql = note_sql(backend);
        if backend == DbBackend::Postgres {
            let (users, moments): (Vec<Uuid>, Vec<i64>) = latest.into_iter().unzip();
            self.db.write(&sql, [users.into(), moments.into()]).await?;
        } else {
            let rows = latest
                .into_iter()
                .map(|(user, at)| serde_json::json!([user.simple().to_string(), at]));
            let rows = serde_json::Value::from(rows.collect::<Vec<_>>()).to_string();
            self.db.write(&sql, [rows.into()]).await?;
        }
        Ok(())
    }

    async fn write_privacy(
        &self,
        user: UserId,
        change: PrivacyChange,
    ) -> Result<Option<Privacy>, Failure> {
        let code = |shown: Option<bool>| Value::from(shown.map(i16::from));
        let values = [
            user.as_uuid().into(),
            code(change.receipts),
            code(change.typing),
            code(change.presence),
        ];
        let rows = self.db.write(CHANGE_PRIVACY, values).await?;
        rows.first().map(privacy_of).transpose()
    }
}

#[async_trait]
impl PresenceStore for SeaStore {
    async fn visible(&self, watcher: UserId, users: &[UserId]) -> PortResult<Vec<Seen>> {
        self.read_visible(watcher, users).await.or_port("read who may be seen")
    }

    async fn entitled(&self, user: UserId, watchers: &[UserId]) -> PortResult<Vec<UserId>> {
        self.read_entitled(user, watchers).await.or_port("read who may see somebody")
    }

    async fn note(&self, seen: &[(UserId, Timestamp)]) -> PortResult<()> {
        self.write_seen(seen).await.or_port("note when people were last seen")
    }
}

#[async_trait]
impl PrivacyStore for SeaStore {
    async fn privacy(&self, user: UserId) -> PortResult<Option<Privacy>> {
        let row = self.db.one(PRIVACY, [user.as_uuid().into()]).await;
        let row = row.or_port("read what somebody shows")?;
        row.as_ref().map(privacy_of).transpose().or_port("read what somebody shows")
    }

    async fn change_privacy(
        &self,
        user: UserId,
        change: PrivacyChange,
    ) -> PortResult<Option<Privacy>> {
        self.write_privacy(user, change).await.or_port("change what somebody shows")
    }
}
