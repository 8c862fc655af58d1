//! The laws of every port, on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "failing is how a test speaks")]

use kabar_contracts::{RecordedFeed, Stores};
use kabar_store_sea::{SeaOptions, SeaStore};
use kabar_testkit::postgres::TestDatabase;

/// On a file with several connections: what several see at once does not show on one in memory.
async fn on_sqlite() -> Stores {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("kabar.db").display());
    let heard = RecordedFeed::new();
    let store = SeaStore::connect(&url, SeaOptions::default(), heard.clone(), heard.clone());
    let store = store.await.unwrap();
    store.migrate().await.unwrap();
    Stores::of(store, heard, folder)
}

async fn on_postgres() -> Stores {
    let database = TestDatabase::create().await.unwrap();
    let heard = RecordedFeed::new();
    let options = SeaOptions { connections: 8, ..SeaOptions::default() };
    let store = SeaStore::connect(database.url(), options, heard.clone(), heard.clone());
    Stores::of(store.await.unwrap(), heard, database)
}

kabar_contracts::laws!(sqlite, on_sqlite);
kabar_contracts::laws!(postgres, on_postgres);
