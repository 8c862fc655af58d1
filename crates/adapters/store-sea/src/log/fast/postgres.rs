//! On PostgreSQL: one statement that commits itself, one round trip.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use sea_orm::{
    prelude::Uuid,
    sqlx::{self, Connection, Postgres, Row, pool::PoolConnection},
};

use super::super::{
    outcome::Job,
    set::{Base, Group, reply_or_nil},
};
use crate::{
    codec::{stored, stored_len},
    connect::Db,
    failure::Failure,
};

/// Counts up the conversations whose roster is still the one checked against (the `UPDATE` waits for
/// whoever holds the row, and then looks at the row as it is), and inserts their messages with the
/// numbers that follow. Arrays, so that every size of batch is the same prepared statement.
pub(crate) const APPEND: &str = "WITH counted AS (\
        UPDATE conversations AS c SET head = c.head + b.n, last_seq = c.last_seq + b.n, \
            active_at = GREATEST(c.active_at, b.at) \
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) \
            AS b(id, n, version, at) \
        WHERE c.id = b.id AND c.roster_version = b.version \
        RETURNING c.id, c.head - b.n AS head, c.last_seq - b.n AS last_seq\
    ), posted AS (\
        INSERT INTO messages (conversation_id, seq, pos, id, author_id, client_id, body, reply_to, \
            created_at) \
        SELECT m.conversation_id, counted.last_seq + m.nth, counted.head + m.nth, m.id, \
            m.author_id, m.client_id, m.body, \
            NULLIF(m.reply_to, '00000000-0000-0000-0000-000000000000'::uuid), m.created_at \
        FROM unnest($5::uuid[], $6::bigint[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], \
            $11::uuid[], $12::bigint[]) \
            AS m(conversation_id, nth, id, author_id, client_id, body, reply_to, created_at) \
        JOIN counted ON counted.id = m.conversation_id\
    ) SELECT id, head, last_seq FROM counted";

/// How long the line may have been idle before it is tried out at its next use.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// A connection that a lane keeps: handing it back to the pool after every batch would cost another
/// round trip. Below the ORM, because that copies all values once more.
#[derive(Debug, Default)]
pub(super) struct PostgresLine {
    connection: Option<(PoolConnection<Postgres>, Instant)>,
}

impl PostgresLine {
    pub(super) async fn append(
        &mut self,
        db: &Db,
        jobs: &[Job],
        groups: &[Group],
    ) -> Result<Vec<Option<Base>>, Failure> {
        self.connect(db).await?;
        let Some((connection, used)) = &mut self.connection else {
            return Err(Failure::Ended);
        };
        let done = append(connection, jobs, groups).await;
        *used = Instant::now();
        // Unless it is the database that says so, the connection may be broken.
        if !matches!(done, Ok(_) | Err(Failure::Driver(sqlx::Error::Database(_)))) {
            self.hang_up();
        }
        done
    }

    async fn connect(&mut self, db: &Db) -> Result<(), Failure> {
        if let Some((connection, used)) = &mut self.connection {
            if used.elapsed() < TRUSTED_IDLE || connection.ping().await.is_ok() {
                return Ok(());
            }
            self.hang_up();
        }
        let connection = db.writes.get_postgres_connection_pool().acquire().await?;
        self.connection = Some((connection, Instant::now()));
        Ok(())
    }

    /// Gives the connection up, whatever it is doing.
    pub(super) fn hang_up(&mut self) {
        if let Some((mut connection, _)) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

async fn append(
    connection: &mut PoolConnection<Postgres>,
    jobs: &[Job],
    groups: &[Group],
) -> Result<Vec<Option<Base>>, Failure> {
    let mut nth: Vec<i64> = Vec::with_capacity(jobs.len());
    for group in groups {
        nth.extend(1..=stored_len(group.len));
    }
    let messages = || jobs.iter().map(|job| &job.message);
    let rows = sqlx::query(APPEND)
        .bind(groups.iter().map(|group| group.conversation.as_uuid()).collect::<Vec<Uuid>>())
        .bind(groups.iter().map(|group| stored_len(group.len)).collect::<Vec<i64>>())
        .bind(groups.iter().map(|group| stored(group.version.get())).collect::<Vec<i64>>())
        .bind(groups.iter().map(|group| group.at).collect::<Vec<i64>>())
        .bind(messages().map(|message| message.conversation.as_uuid()).collect::<Vec<Uuid>>())
        .bind(nth)
        .bind(messages().map(|message| message.id.as_uuid()).collect::<Vec<Uuid>>())
        .bind(messages().map(|message| message.author.as_uuid()).collect::<Vec<Uuid>>())
        .bind(messages().map(|message| message.client_id.as_str()).collect::<Vec<&str>>())
        .bind(messages().map(|message| message.body.as_str()).collect::<Vec<&str>>())
        .bind(messages().map(reply_or_nil).collect::<Vec<Uuid>>())
        .bind(messages().map(|message| message.created_at.as_millis()).collect::<Vec<i64>>())
        .fetch_all(&mut **connection)
        .await?;
    let mut bases: HashMap<Uuid, Base> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let base = Base { head: row.try_get(1)?, last_seq: row.try_get(2)? };
        bases.insert(row.try_get(0)?, base);
    }
    Ok(groups.iter().map(|group| bases.get(&group.conversation.as_uuid()).copied()).collect())
}
