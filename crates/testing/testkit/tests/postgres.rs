//! The test databases themselves, which everything else that is tested on PostgreSQL rests on.

use std::{
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use kabar_testkit::postgres::{Cluster, Durability, TestDatabase};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};

#[tokio::test]
async fn every_test_has_the_schema_and_nobody_elses_rows() -> anyhow::Result<()> {
    let (one, other) = tokio::try_join!(TestDatabase::create(), TestDatabase::create())?;
    assert_ne!(one.url(), other.url());
    let on_one = Database::connect(one.url()).await?;
    let on_other = Database::connect(other.url()).await?;
    on_one.execute_unprepared("CREATE TABLE only_here (a int)").await?;
    assert!(on_other.execute_unprepared("SELECT * FROM only_here").await.is_err());
    for connection in [on_one, on_other] {
        connection.execute_unprepared("SELECT * FROM seaql_migrations").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cluster_ends_with_its_value() -> anyhow::Result<()> {
    let cluster = Cluster::start(Durability::Durable).await?;
    let url = cluster.url("postgres");
    Database::connect(&url).await?.close().await?;
    drop(cluster);
    assert!(!listens(&url)?);
    Ok(())
}

/// Not a test of its own: what [`a_cluster_ends_with_a_killed_process`] runs in another process.
#[tokio::test]
async fn child_that_holds_a_cluster_until_it_is_killed() -> anyhow::Result<()> {
    let Ok(report) = std::env::var("KABAR_TESTKIT_REPORT") else { return Ok(()) };
    let cluster = Cluster::start(Durability::Volatile).await?;
    std::fs::write(&report, cluster.url("postgres"))?;
    std::future::pending().await
}

#[tokio::test]
async fn a_cluster_ends_with_a_killed_process() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("url");
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--exact", "child_that_holds_a_cluster_until_it_is_killed"])
        .env("KABAR_TESTKIT_REPORT", &report)
        .stdout(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let url = loop {
        match std::fs::read_to_string(&report) {
            Ok(url) if !url.is_empty() => break url,
            _ => assert!(Instant::now() < deadline, "the child did not start its cluster"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    Database::connect(&url).await?.close().await?;
    child.kill()?;
    child.wait()?;
    let deadline = Instant::now() + Duration::from_secs(30);
    while listens(&url)? {
        assert!(Instant::now() < deadline, "the cluster outlived the process that started it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Whether anybody listens where this URL points.
fn listens(url: &str) -> anyhow::Result<bool> {
    let address = url.split('@').nth(1).and_then(|rest| rest.split('/').next());
    Ok(TcpStream::connect(address.context("a URL with an address")?).is_ok())
}
