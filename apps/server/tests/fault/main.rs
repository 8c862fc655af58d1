//! What happens to the log when the server is killed and when clients come and go: the real binary,
//! on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "the steps of a test are functions beside it, which these lints do not take for tests"
)]

mod copy;
mod crash;
mod dice;
mod equality;
mod resume;

use kabar_testkit::{
    postgres::TestDatabase,
    server_process::{ServerProcess, ServerSettings},
};

/// A server that can be killed, and the database it needs.
struct Subject {
    server: ServerProcess,
    /// Dropped after the server.
    _database: Option<TestDatabase>,
}

impl Subject {
    async fn on_sqlite() -> Self {
        let server = settings().start().await.unwrap();
        Self { server, _database: None }
    }

    async fn on_postgres() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let server = settings().database_url(database.url()).start().await.unwrap();
        Self { server, _database: Some(database) }
    }
}

fn settings() -> ServerSettings {
    ServerSettings::new(env!("CARGO_BIN_EXE_kabar"))
}
