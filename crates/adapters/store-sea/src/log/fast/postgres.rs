//! On PostgreSQL: one statement that commits itself, one round trip.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use sea_orm::{
    QueryResult,
    prelude::Uuid,
    sqlx::{
        self, Connection, Postgres, Row, pool::PoolConnection, postgres::PgArguments, query::Query,
    },
};

use super::super::{
    notices::{is_rich, notices_of},
    outcome::Job,
    set::{Base, Group, forward_or_nil, mentions_or_empty, reply_or_nil},
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

/// The same for a batch in which messages call or answer somebody or were forwarded: it stores whom
/// they call, where their words come from, and the notifications.
pub(crate) const APPEND_RICH: &str = "WITH counted AS (\
        UPDATE conversations AS c SET head = c.head + b.n, last_seq = c.last_seq + b.n, \
            active_at = GREATEST(c.active_at, b.at) \
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) \
            AS b(id, n, version, at) \
        WHERE c.id = b.id AND c.roster_version = b.version \
        RETURNING c.id, c.head - b.n AS head, c.last_seq - b.n AS last_seq\
    ), posted AS (\
        INSERT INTO messages (conversation_id, seq, pos, id, author_id, client_id, body, reply_to, \
            created_at, mentions, forward_author_id, forward_created_at) \
        SELECT m.conversation_id, counted.last_seq + m.nth, counted.head + m.nth, m.id, \
            m.author_id, m.client_id, m.body, \
            NULLIF(m.reply_to, '00000000-0000-0000-0000-000000000000'::uuid), m.created_at, \
            NULLIF(m.mentions, ''), \
            NULLIF(m.forward_author_id, '00000000-0000-0000-0000-000000000000'::uuid), \
            CASE WHEN m.forward_author_id <> '00000000-0000-0000-0000-000000000000'::uuid \
                THEN m.forward_created_at END \
        FROM unnest($5::uuid[], $6::bigint[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], \
            $11::uuid[], $12::bigint[], $13::text[], $14::uuid[], $15::bigint[]) \
            AS m(conversation_id, nth, id, author_id, client_id, body, reply_to, created_at, \
            mentions, forward_author_id, forward_created_at) \
        JOIN counted ON counted.id = m.conversation_id\
    ), noticed AS (\
        INSERT INTO notifications (conversation_id, pos, user_id, kind, seq, by_id, at) \
        SELECT n.conversation_id, counted.head + n.nth, n.user_id, n.kind, \
            counted.last_seq + n.nth, n.by_id, n.at \
        FROM unnest($16::uuid[], $17::bigint[], $18::uuid[], $19::smallint[], $20::uuid[], \
            $21::bigint[]) AS n(conversation_id, nth, user_id, kind, by_id, at) \
        JOIN counted ON counted.id = n.conversation_id\
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

    /// Reads the messages of the dialect's `ids`.
    pub(super) async fn quotes(
        &mut self,
        db: &Db,
        sql: &str,
        of: &[Uuid],
    ) -> Result<Vec<QueryResult>, Failure> {
        self.connect(db).await?;
        let Some((connection, used)) = &mut self.connection else {
            return Err(Failure::Ended);
        };
        // The same text every time, made of constants: prepared once.
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let rows = sqlx::query(sql).bind(of.to_vec()).fetch_all(&mut **connection).await;
        *used = Instant::now();
        if !matches!(rows, Ok(_) | Err(sqlx::Error::Database(_))) {
            self.hang_up();
        }
        Ok(rows?.into_iter().map(QueryResult::from).collect())
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
    let rich = messages().any(is_rich);
    let append = sqlx::query(if rich { APPEND_RICH } else { APPEND })
        .bind(groups.iter().map(|group| group.conversation.as_uuid()).collect::<Vec<Uuid>>())
        .bind(groups.iter().map(|group| stored_len(group.len)).collect::<Vec<i64>>())
        .bind(groups.iter().map(|group| stored(group.version.get())).collect::<Vec<i64>>())
        .bind(groups.iter().map(|group| group.at).collect::<Vec<i64>>())
        .bind(messages().map(|message| message.conversation.as_uuid()).collect::<Vec<Uuid>>())
        .bind(nth.as_slice())
        .bind(messages().map(|message| message.id.as_uuid()).collect::<Vec<Uuid>>())
        .bind(messages().map(|message| message.author.as_uuid()).collect::<Vec<Uuid>>())
        .bind(messages().map(|message| message.client_id.as_str()).collect::<Vec<&str>>())
        .bind(messages().map(|message| message.body.as_str()).collect::<Vec<&str>>())
        .bind(messages().map(reply_or_nil).collect::<Vec<Uuid>>())
        .bind(messages().map(|message| message.created_at.as_millis()).collect::<Vec<i64>>());
    let append = if rich { bind_rich(append, jobs, &nth) } else { append };
    let rows = append.fetch_all(&mut **connection).await?;
    let mut bases: HashMap<Uuid, Base> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let base = Base { head: row.try_get(1)?, last_seq: row.try_get(2)? };
        bases.insert(row.try_get(0)?, base);
    }
    Ok(groups.iter().map(|group| bases.get(&group.conversation.as_uuid()).copied()).collect())
}

type Append<'jobs> = Query<'jobs, Postgres, PgArguments>;

/// Binds what [`APPEND_RICH`] takes beyond [`APPEND`]. `nth` says which of its conversation in the
/// batch each message is.
fn bind_rich<'jobs>(append: Append<'jobs>, jobs: &'jobs [Job], nth: &[i64]) -> Append<'jobs> {
    let messages = || jobs.iter().map(|job| &job.message);
    let (authors, moments): (Vec<Uuid>, Vec<i64>) = messages().map(forward_or_nil).unzip();
    let noticed: Vec<_> = messages()
        .zip(nth)
        .flat_map(|(message, nth)| {
            notices_of(message).into_iter().map(move |notice| (message, *nth, notice))
        })
        .collect();
    append
        .bind(messages().map(mentions_or_empty).collect::<Vec<String>>())
        .bind(authors)
        .bind(moments)
        .bind(noticed.iter().map(|row| row.0.conversation.as_uuid()).collect::<Vec<Uuid>>())
        .bind(noticed.iter().map(|row| row.1).collect::<Vec<i64>>())
        .bind(noticed.iter().map(|row| row.2.user).collect::<Vec<Uuid>>())
        .bind(noticed.iter().map(|row| row.2.kind).collect::<Vec<i16>>())
        .bind(noticed.iter().map(|row| row.0.author.as_uuid()).collect::<Vec<Uuid>>())
        .bind(noticed.iter().map(|row| row.0.created_at.as_millis()).collect::<Vec<i64>>())
}
