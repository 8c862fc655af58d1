//! Connections to the database, with everything that matters set explicitly.

use std::{
    fs::OpenOptions,
    future::{Future, poll_fn},
    pin::pin,
    time::Duration,
};

use kabar_migrations::Migrator;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use sea_orm_migration::MigratorTrait;
use tokio::runtime::Handle;

use crate::{SeaOptions, dialect::Dialect, failure::Failure};

/// How long a connection may have been idle before it is tried out at its next use.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);
/// Any number that other programs on the same database are unlikely to lock.
const MIGRATION_LOCK: i64 = 0x6b61_6261_725f_6d67;

/// The database: a pool that reads and one that writes. On PostgreSQL they are the same; on SQLite
/// the writer is one connection, so that writers wait for each other in a fair queue of ours and
/// not in the busy loop of SQLite.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    pub(crate) dialect: &'static Dialect,
    pub(crate) reads: DatabaseConnection,
    pub(crate) writes: DatabaseConnection,
    /// The runtime to which connections belong that are opened later; `None` where they have threads of
    /// their own (SQLite).
    home: Option<Handle>,
}

impl Db {
    /// Connects; the schema may be missing still. Needs a Tokio runtime, which must live as long as
    /// the connections.
    pub(crate) async fn connect(url: &str, options: &SeaOptions) -> Result<Self, Failure> {
        if url.starts_with("sqlite:") {
            create_private(url)?;
            // The writer first: it turns the journal to WAL.
            let writes = sqlite(url, options, Access::Writer).await?;
            let reads = sqlite(url, options, Access::Reader).await?;
            Ok(Self { dialect: &crate::dialect::SQLITE, reads, writes, home: None })
        } else {
            let both = postgres(url, options).await?;
            Ok(Self {
                dialect: &crate::dialect::POSTGRES,
                reads: both.clone(),
                writes: both,
                home: Some(Handle::current()),
            })
        }
    }

    /// Brings the schema up to date; when several processes do it at once, they take turns.
    pub(crate) async fn migrate(&self, url: &str, options: &SeaOptions) -> Result<(), Failure> {
        if self.dialect.backend == DbBackend::Sqlite {
            return Ok(Migrator::up(&self.writes, None).await?);
        }
        // On one connection of its own: the lock belongs to the session, and a migration may take
        // longer than any statement otherwise may.
        let mut connect = ConnectOptions::new(url);
        connect.max_connections(1).acquire_timeout(options.acquire_timeout).sqlx_logging(false);
        let session = Database::connect(connect).await?;
        let lock = format!("SELECT pg_advisory_lock({MIGRATION_LOCK})");
        session.execute_unprepared(&lock).await?;
        let migrated = Migrator::up(&session, None).await;
        // Ends the session, and with it the lock.
        session.close().await?;
        Ok(migrated?)
    }

    /// Whether every migration was applied. Writes nothing.
    pub(crate) async fn is_migrated(&self) -> bool {
        let applied = self.one("SELECT COUNT(*) FROM seaql_migrations", []).await;
        let applied = applied.ok().flatten().and_then(|row| row.try_get_by::<i64, _>(0).ok());
        // Without the table nothing was ever applied.
        applied.is_some_and(|applied| i64::try_from(Migrator::migrations().len()) == Ok(applied))
    }

    /// Does work that may open a connection.
    ///
    /// The pool opens connections in the task that needs one, and a socket belongs to the runtime in
    /// whose context it was opened: if that was the runtime of one thread of a server, everybody else
    /// who uses the connection later waits whenever that thread is busy, and fails once it has ended. So
    /// the work is done where it is, in the context of the runtime of this store.
    pub(crate) async fn at_home<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(home) = &self.home else {
            return work.await;
        };
        let mut work = pin!(work);
        poll_fn(|context| {
            let _entered = home.enter();
            work.as_mut().poll(context)
        })
        .await
    }

    /// A statement in this database's dialect.
    pub(crate) fn statement<const N: usize>(&self, sql: &str, values: [Value; N]) -> Statement {
        Statement::from_sql_and_values(self.dialect.backend, sql, values)
    }

    /// Reads at most one row.
    pub(crate) async fn one<const N: usize>(
        &self,
        sql: &str,
        values: [Value; N],
    ) -> Result<Option<QueryResult>, Failure> {
        Ok(self.at_home(self.reads.query_one_raw(self.statement(sql, values))).await?)
    }

    /// Reads all rows.
    pub(crate) async fn all<const N: usize>(
        &self,
        sql: &str,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>, Failure> {
        Ok(self.at_home(self.reads.query_all_raw(self.statement(sql, values))).await?)
    }

    /// Runs one writing statement and reads what it returns, to the last row: SQLite ends the
    /// statement's transaction only then.
    pub(crate) async fn write<const N: usize>(
        &self,
        sql: &str,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>, Failure> {
        Ok(self.at_home(self.writes.query_all_raw(self.statement(sql, values))).await?)
    }

    /// Begins a transaction that writes. On SQLite it takes the write lock at once, so that it
    /// cannot fail later because another one wrote meanwhile.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, Failure> {
        let sqlite_transaction_mode =
            (self.dialect.backend == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..Default::default() };
        Ok(self.at_home(self.writes.begin_with_options(options)).await?)
    }

    /// Closes all connections once their work is done.
    pub(crate) async fn close(&self) -> Result<(), Failure> {
        self.reads.close_by_ref().await?;
        Ok(self.writes.close_by_ref().await?)
    }
}

/// Makes the file of a new database for its owner only, before SQLite makes it for everybody; its
/// journal gets the same mode. A file that is there stays as it is.
fn create_private(url: &str) -> Result<(), Failure> {
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if in_memory || !url.contains("mode=rwc") {
        return Ok(());
    }
    let options: SqliteConnectOptions = url.parse()?;
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    // Whatever else is wrong with the path, SQLite says it better.
    drop(file.open(options.get_filename()));
    Ok(())
}

async fn postgres(url: &str, options: &SeaOptions) -> Result<DatabaseConnection, Failure> {
    let settings = [
        ("statement_timeout", options.statement_timeout),
        ("lock_timeout", options.lock_timeout),
        ("idle_in_transaction_session_timeout", options.idle_in_transaction_timeout),
    ]
    .map(|(name, span)| (name, span.as_millis().to_string()));
    // Every lane keeps one for itself.
    let lanes = options.lanes.clamp(1, SeaOptions::MAX_LANES);
    let least = u32::try_from(lanes).unwrap_or(u32::MAX).saturating_add(2);
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(options.connections.max(least))
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire_if_idle_for(TRUSTED_IDLE)
        .set_application_name("kabar")
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(move |connection| connection.options(settings.clone()));
    Ok(Database::connect(connect).await?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Writer,
    Reader,
}

async fn sqlite(
    url: &str,
    options: &SeaOptions,
    access: Access,
) -> Result<DatabaseConnection, Failure> {
    let busy = options.lock_timeout;
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(if access == Access::Writer { 1 } else { options.readers.max(1) })
        .acquire_timeout(options.acquire_timeout)
        // A file does not go away as a server does: connections are kept as they are.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |connection| {
            let connection = connection
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(busy)
                .foreign_keys(true)
                // 16 MiB of pages a connection (negative: KiB).
                .pragma("cache_size", "-16384")
                .pragma("temp_store", "memory");
            match access {
                // Batches of the same conversations write the same pages again and again: they are
                // copied from the journal into the file once every 8 192 pages (32 MiB), and not
                // after every second batch, as by default (1 000).
                //
                // What is deleted is overwritten in the file: a deleted text is nowhere in it.
                Access::Writer => {
                    connection.pragma("wal_autocheckpoint", "8192").pragma("secure_delete", "on")
                }
                Access::Reader => connection.pragma("query_only", "on"),
            }
        });
    Ok(Database::connect(connect).await?)
}

#[cfg(test)]
mod tests {
    use kabar_testkit::{PATIENCE, eventually, postgres::TestDatabase};

    use super::*;

    /// Opens as many connections as it needs to have so many transactions at once.
    async fn hold_transactions(db: &Db, count: usize) -> Result<(), Failure> {
        let mut held = Vec::new();
        for _ in 0..count {
            let tx = db.begin().await?;
            tx.execute_unprepared("SELECT 1").await?;
            held.push(tx);
        }
        for tx in held {
            tx.rollback().await?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_connection_outlives_the_thread_that_needed_it() {
        const HELD: usize = 3;
        let database = TestDatabase::create().await.unwrap();
        let db = Db::connect(database.url(), &SeaOptions::default()).await.unwrap();
        let of_thread = db.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                hold_transactions(&of_thread, HELD).await.unwrap();
                let pool = of_thread.writes.get_postgres_connection_pool();
                let all_back = async || pool.num_idle() >= HELD;
                eventually("the connections are back", PATIENCE, all_back).await.unwrap();
            });
        });
        tokio::task::spawn_blocking(move || thread.join()).await.unwrap().unwrap();
        hold_transactions(&db, HELD).await.unwrap();
    }
}
