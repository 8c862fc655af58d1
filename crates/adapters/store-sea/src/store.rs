use std::{fmt, future::Future, sync::Arc};

use kabar_chats::ports::LiveFeed;
use kabar_kernel::PortResult;
use kabar_users::ports::SessionFeed;

use crate::{
    SeaOptions,
    connect::Db,
    conversations::Queries,
    failure::{Failure, OrPort},
    inbox::Statements,
    log::Lanes,
    rosters::Rosters,
};

/// Every port of storage, on one PostgreSQL or SQLite database.
pub struct SeaStore {
    pub(crate) db: Db,
    pub(crate) queries: Queries,
    pub(crate) inbox: Statements,
    pub(crate) rosters: Arc<Rosters>,
    pub(crate) feed: Arc<dyn LiveFeed>,
    pub(crate) session_feed: Arc<dyn SessionFeed>,
    pub(crate) lanes: Lanes,
    url: String,
    options: SeaOptions,
}

impl fmt::Debug for SeaStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeaStore").field("db", &self.db.dialect.backend).finish_non_exhaustive()
    }
}

impl SeaStore {
    /// Connects to `postgres://…` or `sqlite://path?mode=rwc` (the folder of the path must exist)
    /// and starts the lanes that append. Needs a Tokio runtime. The schema may be missing still:
    /// see [`SeaStore::migrate`].
    ///
    /// What is committed is announced to `feed`, ended sessions to `sessions`.
    ///
    /// # Errors
    /// The URL is of neither kind, or the database cannot be reached.
    pub async fn connect(
        url: &str,
        options: SeaOptions,
        feed: Arc<dyn LiveFeed>,
        sessions: Arc<dyn SessionFeed>,
    ) -> PortResult<Arc<Self>> {
        let db = Db::connect(url, &options).await.or_port("connect to the database")?;
        let rosters = Arc::new(Rosters::new(options.remembered_standings));
        let lanes = Lanes::start(&db, &options, &rosters, &feed);
        Ok(Arc::new(Self {
            queries: Queries::new(db.dialect),
            inbox: Statements::new(db.dialect.backend),
            db,
            rosters,
            feed,
            session_feed: sessions,
            lanes,
            url: url.to_owned(),
            options,
        }))
    }

    /// Brings the schema up to date; does nothing when it is. Several processes may do it at once.
    ///
    /// # Errors
    /// The database refused a statement of a migration, or went away.
    pub async fn migrate(&self) -> PortResult<()> {
        self.db.migrate(&self.url, &self.options).await.or_port("migrate the database")
    }

    /// Whether the schema is up to date, for whoever migrates by hand.
    pub async fn is_migrated(&self) -> bool {
        self.db.is_migrated().await
    }

    /// Gives the log a new epoch: to be done once after the database was restored from a backup,
    /// so that clients know that it may lack what they have seen. Answers the new epoch.
    ///
    /// # Errors
    /// The database failed.
    pub async fn renew_epoch(&self) -> PortResult<String> {
        let sql = format!(
            "UPDATE epochs SET epoch = {} WHERE id = 1 RETURNING epoch",
            self.db.dialect.random
        );
        let rows = self.db.write(&sql, []).await.or_port("renew the epoch")?;
        let row = rows.first().ok_or(Failure::Unreadable("epoch")).or_port("renew the epoch")?;
        row.try_get_by(0).or_port("renew the epoch")
    }

    /// Whether the database answers, for a readiness check.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> PortResult<()> {
        self.db.one("SELECT 1", []).await.or_port("reach the database").map(drop)
    }

    /// Takes no more appends, commits those that wait, and closes all connections.
    ///
    /// # Errors
    /// A connection could not be closed in order.
    pub async fn close(&self) -> PortResult<()> {
        self.lanes.close().await;
        self.db.close().await.or_port("close the database")
    }
}

/// Runs work that must be done to its end, with the announcement that follows it, also when the
/// caller's future is dropped meanwhile.
pub(crate) async fn to_its_end<T: Send + 'static>(
    operation: &'static str,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> PortResult<T> {
    // Only a panic or the end of the runtime ends the task early.
    tokio::spawn(work).await.unwrap_or(Err(Failure::Ended)).or_port(operation)
}
