//! Walks the rows of the operations that are commands as well, over sockets.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use futures_util::{StreamExt as _, stream};
use kabar_kernel::{IdSource as _, SystemIds};
use kabar_testkit::{
    PATIENCE,
    client::{Auth, HttpClient, Reply, WsClient},
};
use serde_json::{Value, json};

use crate::{
    cast::{Cast, Scene},
    operations::{Ids, Operation},
    server::{Flaws, SIDE_BY_SIDE, walk},
    table::{Actor, Expected, Place, Row, Table},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_answered_as_its_operation_on_sqlite() -> anyhow::Result<()> {
    walk(false, every_command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_answered_as_its_operation_on_postgres() -> anyhow::Result<()> {
    walk(true, every_command).await
}

async fn every_command(http: &HttpClient) -> anyhow::Result<()> {
    let (table, operations) = (Table::read()?, Operation::all()?);
    let cast = Cast::gather(http).await?;
    let cells = table.commands.iter().flat_map(|(command, operation)| {
        let rows = table.rows.iter().filter(|row| Some(&row.operation) == operation.as_ref());
        rows.flat_map(move |row| {
            let cells = row.expected.iter();
            cells.filter_map(move |(actor, expected)| {
                Some((command, row, *actor, expected.as_ref()?))
            })
        })
    });
    let tried = stream::iter(cells)
        .map(async |(command, row, actor, expected)| {
            let place = format!("{command} {:?} {:?} by {actor:?}", row.place, row.of);
            (place, cell(&cast, &operations, command, row, actor, expected).await)
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect::<Vec<_>>()
        .await;
    ensure!(tried.len() > 100, "only {} cells", tried.len());
    let mut flaws = Flaws::default();
    for (place, done) in tried {
        flaws.note(&place, done);
    }
    flaws.none()
}

async fn cell(
    cast: &Cast,
    operations: &BTreeMap<String, Operation>,
    command: &str,
    row: &Row,
    actor: Actor,
    expected: &Expected,
) -> anyhow::Result<()> {
    let operation = operations.get(&row.operation).context("an operation")?;
    let Scene { client, ids } = cast.set(operation, row, actor).await?;
    let said = said(command, &ids)?;
    if actor == Actor::Nobody {
        let socket = WsClient::connect(cast.http.base(), Auth::Nobody).await?;
        socket.send(command, said).await?;
        let closed = socket.closed(PATIENCE).await?;
        ensure!(closed.code == Some(4401), "{closed:?}");
        return Ok(());
    }
    let in_group = row.place == Place::Group;
    let before = if in_group { cast.head(&ids.conversation).await? } else { 0 };
    let socket = WsClient::ready(client.base(), client.token()).await?;
    let reply = socket.request(command, said).await?;
    match (&expected.code, &reply) {
        (None, Reply::Ack(_)) => return Ok(()),
        (Some(code), Reply::Error(problem)) => {
            ensure!(reply.code() == code, "expected {code}, got {problem}");
            ensure!(problem["status"] == expected.status, "{problem}");
        }
        (expected, reply) => bail!("expected {expected:?}, got {reply:?}"),
    }
    if in_group {
        ensure!(cast.head(&ids.conversation).await? == before, "it was refused, and done");
    }
    Ok(())
}

fn said(command: &str, ids: &Ids) -> anyhow::Result<Value> {
    let Ids { conversation, message, source, .. } = ids;
    let client_id = SystemIds.next_id().to_string();
    Ok(match command {
        "message.send" => {
            json!({"conversation_id": conversation, "client_id": client_id, "body": "hello"})
        }
        "message.forward" => json!({
            "conversation_id": conversation, "client_id": client_id,
            "from_conversation_id": source.0, "message_id": source.1,
        }),
        "message.edit" => {
            json!({"conversation_id": conversation, "message_id": message, "body": "changed"})
        }
        "message.delete" | "message.pin" | "message.unpin" => {
            json!({"conversation_id": conversation, "message_id": message})
        }
        "reaction.add" | "reaction.remove" => {
            json!({"conversation_id": conversation, "message_id": message, "emoji": "👍"})
        }
        "read" | "delivered" => json!({"conversation_id": conversation, "seq": 1}),
        "unread" => json!({"conversation_id": conversation}),
        other => bail!("{other} is a command that is not known here"),
    })
}
