//! A PostgreSQL database for each test.
//!
//! [`TestDatabase::create`] answers a database of its own with the schema in it. It lies in the
//! server that `KABAR_TEST_DATABASE_URL` names, or else in a throw-away [`Cluster`] that the test
//! process starts at its first call and that ends with the process.

mod binaries;
mod cluster;

use std::{
    env, thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use kabar_kernel::{IdSource as _, SystemIds};
use kabar_migrations::Migrator;
use sea_orm_migration::{
    MigratorTrait as _,
    sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection},
};
use tokio::sync::OnceCell;

pub use self::cluster::{Cluster, Durability};

/// Names a server to use instead of starting one: the URL of a PostgreSQL superuser or of a role
/// that may create databases. Its path, the database to connect to first, is kept for that only.
pub const SERVER_VARIABLE: &str = "KABAR_TEST_DATABASE_URL";

/// The database that every server has, for statements that belong to no other.
const MAINTENANCE: &str = "postgres";
/// The database of a cluster of our own on which the migrations ran, to copy from.
const TEMPLATE: &str = "kabar_template";

static OWN: OnceCell<Cluster> = OnceCell::const_new();

/// A database with the schema and nothing else, for one test. Dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    name: String,
    server: Server,
}

/// Where a database lies.
#[derive(Debug, Clone)]
enum Server {
    /// In a throw-away cluster, which takes everything along when it ends.
    Throwaway { maintenance_url: String },
    /// In a server that stays, and in which nothing may be left behind.
    Given { maintenance_url: String },
}

impl TestDatabase {
    /// Makes a database in the server that `KABAR_TEST_DATABASE_URL` names or in this process's
    /// own cluster, which the first call starts (1 to 2 s; a database then costs about 50 ms).
    ///
    /// # Errors
    /// There is neither a server nor the programs to start one (the message says what to install),
    /// or the server does not answer.
    pub async fn create() -> anyhow::Result<Self> {
        match env::var(SERVER_VARIABLE) {
            Ok(url) => Self::create_in_given(&url).await,
            Err(_) => {
                let cluster = OWN.get_or_try_init(|| Cluster::start(Durability::Volatile)).await?;
                cluster.create_database().await
            }
        }
    }

    /// Where the database is: `postgres://…`, for the store or for `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn create_in_given(server_url: &str) -> anyhow::Result<Self> {
        let name = format!("kabar_test_{}", SystemIds.next_id().simple());
        let url = with_database(server_url, &name)?;
        execute(server_url, &format!(r#"CREATE DATABASE "{name}""#)).await.with_context(|| {
            format!("failed to make a database in the server of {SERVER_VARIABLE}")
        })?;
        let server = Server::Given { maintenance_url: server_url.to_owned() };
        // Made before the migrations run, so that a failure there leaves no database behind.
        let database = Self { url, name, server };
        migrate(&database.url).await?;
        Ok(database)
    }
}

impl Cluster {
    /// Makes a database with the schema in this cluster.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn create_database(&self) -> anyhow::Result<TestDatabase> {
        let maintenance_url = self.url(MAINTENANCE);
        self.template
            .get_or_try_init(|| async {
                execute(&maintenance_url, &format!("CREATE DATABASE {TEMPLATE}")).await?;
                migrate(&self.url(TEMPLATE)).await
            })
            .await
            .context("failed to prepare the template database")?;
        let name = format!("kabar_test_{}", SystemIds.next_id().simple());
        execute(&maintenance_url, &format!(r#"CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}"#))
            .await
            .context("failed to copy the template database")?;
        let server = Server::Throwaway { maintenance_url };
        Ok(TestDatabase { url: self.url(&name), name, server })
    }
}

/// Drops the database, with whatever is still connected to it. On a thread of its own, since the
/// runtime of a test that panicked can no longer be relied on; waited for only where something
/// would be left behind otherwise.
impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (maintenance_url, stays) = match &self.server {
            Server::Throwaway { maintenance_url } => (maintenance_url.clone(), false),
            Server::Given { maintenance_url } => (maintenance_url.clone(), true),
        };
        let statement = format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name);
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&maintenance_url, &statement))
        });
        if stays && !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("the test database {} could not be dropped", self.name);
        }
    }
}

/// Connects once. The pool's own patience hides why a server refuses, so a refusal is an error at
/// once, except that the server has no slot free just now.
async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false).connect_timeout(Duration::from_secs(20));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match Database::connect(options.clone()).await {
            Ok(connection) => return Ok(connection),
            Err(error) if error.to_string().contains("too many") && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error).context("failed to connect to PostgreSQL"),
        }
    }
}

async fn execute(url: &str, statement: &str) -> anyhow::Result<()> {
    let connection = connect(url).await?;
    let done = connection.execute_unprepared(statement).await;
    connection.close().await?;
    done.map(drop).with_context(|| format!("failed to execute {statement}"))
}

async fn migrate(url: &str) -> anyhow::Result<()> {
    let connection = connect(url).await?;
    let done = Migrator::up(&connection, None).await;
    connection.close().await?;
    done.context("failed to run the migrations")
}

/// The same server's URL for another database: the path is replaced, the query kept.
fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let (scheme, rest) = url
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))
        .with_context(|| format!("{SERVER_VARIABLE} must be postgres://user@host:port/database"))?;
    let (location, query) = rest.split_once('?').map_or((rest, None), |(l, q)| (l, Some(q)));
    let authority = location.split_once('/').map_or(location, |(authority, _)| authority);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{scheme}://{authority}/{name}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced_and_nothing_else() {
        for (given, wanted) in [
            ("postgres://u:p@h:1/d?host=%2Ftmp", "postgres://u:p@h:1/new?host=%2Ftmp"),
            ("postgresql://u@h/d", "postgresql://u@h/new"),
            ("postgres://h", "postgres://h/new"),
        ] {
            assert_eq!(with_database(given, "new").unwrap(), wanted);
        }
        assert!(with_database("sqlite://x", "new").is_err());
    }

    #[tokio::test]
    async fn a_server_that_was_given_is_left_as_it_was_found() -> anyhow::Result<()> {
        let cluster = Cluster::start(Durability::Volatile).await?;
        let server = cluster.url(MAINTENANCE);
        let database = TestDatabase::create_in_given(&server).await?;
        let name = database.name.clone();
        let held = connect(database.url()).await?;
        held.execute_unprepared("SELECT * FROM seaql_migrations").await?;
        drop(database);
        let error = execute(&server, &format!(r#"DROP DATABASE "{name}""#)).await.unwrap_err();
        assert!(format!("{error:#}").contains("does not exist"), "{error:#}");
        Ok(())
    }
}
