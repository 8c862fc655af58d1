//! Walks the table over HTTP, cell by cell.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, stream};
use kabar_testkit::client::HttpClient;

use crate::{
    cast::{Cast, Scene},
    operations::{Ids, Operation},
    server::{Flaws, SIDE_BY_SIDE, ensure_alike, walk},
    table::{Actor, Expected, Place, Row, Table},
};

/// An id that names nothing.
pub(crate) const NOTHING: &str = "0198c0de-0000-7000-8000-000000000001";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_is_answered_as_it_says_on_sqlite() -> anyhow::Result<()> {
    walk(false, every_cell).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_is_answered_as_it_says_on_postgres() -> anyhow::Result<()> {
    walk(true, every_cell).await
}

async fn every_cell(http: &HttpClient) -> anyhow::Result<()> {
    let (table, operations) = (Table::read()?, Operation::all()?);
    let cast = Cast::gather(http).await?;
    let cells = table.rows.iter().flat_map(|row| {
        let cells = row.expected.iter();
        cells.filter_map(move |(actor, expected)| Some((row, *actor, expected.as_ref()?)))
    });
    let tried = stream::iter(cells)
        .map(async |(row, actor, expected)| {
            let place = format!("{} {:?} {:?} by {actor:?}", row.operation, row.place, row.of);
            (place, cell(&cast, &operations, row, actor, expected).await)
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect::<Vec<_>>()
        .await;
    let mut flaws = Flaws::default();
    for (place, done) in tried {
        flaws.note(&place, done);
    }
    flaws.none()
}

async fn cell(
    cast: &Cast,
    operations: &BTreeMap<String, Operation>,
    row: &Row,
    actor: Actor,
    expected: &Expected,
) -> anyhow::Result<()> {
    let operation = operations.get(&row.operation).context("an operation")?;
    let Scene { client, ids } = cast.set(operation, row, actor).await?;
    let in_group = row.place == Place::Group;
    let before = if in_group { cast.head(&ids.conversation).await? } else { 0 };
    let answer = operation.attempt(&client, &ids, row.body.as_ref()).await?;
    let code = expected.code.as_deref().unwrap_or_default();
    ensure!(
        (answer.status, answer.code()) == (expected.status, code),
        "expected {} {code}, got {}: {}",
        expected.status,
        answer.status,
        answer.text
    );
    if expected.code.is_none() {
        return Ok(());
    }
    if in_group {
        ensure!(cast.head(&ids.conversation).await? == before, "it was refused, and done");
    }
    if expected.status == 404 {
        let nothing = NOTHING.to_owned();
        let unknown =
            Ids { conversation: nothing.clone(), message: nothing.clone(), user: nothing, ..ids };
        let unknown = operation.attempt(&client, &unknown, row.body.as_ref()).await?;
        ensure_alike(&answer, &unknown)?;
    }
    Ok(())
}
