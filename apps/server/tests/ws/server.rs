//! A server of one story, on SQLite or PostgreSQL.

use std::{
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    time::Duration,
};

use anyhow::Context as _;
use kabar_server::{
    config::Config,
    serve::{ServeError, serve},
};
use kabar_testkit::{
    client::{Account, HttpClient, WsClient},
    postgres::TestDatabase,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// Makes two tests of each story, one on each database. A story may need another configuration.
macro_rules! on_each_database {
    ($($story:ident $(with $configure:ident)?),+ $(,)?) => {
        on_each_database!(@on sqlite false: $($story $(with $configure)?),+);
        on_each_database!(@on postgres true: $($story $(with $configure)?),+);
    };
    (@on $database:ident $on_postgres:literal: $($story:ident $(with $configure:ident)?),+) => {
        mod $database {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() -> anyhow::Result<()> {
                    let configure = |_config: &mut kabar_server::config::Config| {
                        $(super::$configure(_config);)?
                    };
                    $crate::server::tell($on_postgres, configure, super::$story).await
                }
            )+
        }
    };
}

/// A server that ends by [`Running::end`].
struct Running {
    http: HttpClient,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
    _folder: TempDir,
    _database: Option<TestDatabase>,
}

impl Running {
    /// Not generic, or every story would have a copy of the whole server to compile.
    async fn start(on_postgres: bool, configure: fn(&mut Config)) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = if on_postgres { Some(TestDatabase::create().await?) } else { None };
        let mut config = Config::default();
        config.base.data_dir = folder.path().to_owned();
        config.http.workers = 2;
        config.rate_limits.enabled = false;
        config.drain.socket_spread = Duration::ZERO;
        config.database.url = database.as_ref().map(|it| it.url().parse()).transpose()?;
        configure(&mut config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let http = HttpClient::new(format!("http://{}", listener.local_addr()?));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let running = tokio::spawn(serve(config, listener, shutdown));
        Ok(Self { http, stop, running, _folder: folder, _database: database })
    }

    async fn end(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.running.await?.context("the server did not end in order")
    }
}

/// Tells a story to a fresh server, without rate limits unless it is configured otherwise, and ends
/// the server after it.
pub(crate) async fn tell<S>(
    on_postgres: bool,
    configure: fn(&mut Config),
    story: S,
) -> anyhow::Result<()>
where
    S: AsyncFnOnce(&HttpClient) -> anyhow::Result<()>,
{
    let server = Running::start(on_postgres, configure).await?;
    let told = story(&server.http).await;
    server.end().await?;
    told
}

/// Ayu and Budi, who have a direct conversation.
pub(crate) async fn two(http: &HttpClient) -> anyhow::Result<(Account, Account, String)> {
    let (ayu, budi) = (http.register("ayu").await?, http.register("budi").await?);
    let chat = ayu.http.open_direct(&budi.id).await?;
    Ok((ayu, budi, chat))
}

/// A ready socket of somebody's session.
pub(crate) async fn device(of: &Account) -> anyhow::Result<WsClient> {
    WsClient::ready(of.http.base(), &of.access_token).await
}

/// The data of a `message.send`.
pub(crate) fn message(conversation: &str, client_id: &str, body: &str) -> Value {
    json!({ "conversation_id": conversation, "client_id": client_id, "body": body })
}

/// Checks that a socket is served still; what the server sent before it has come by then.
pub(crate) async fn assert_lives(socket: &WsClient) -> anyhow::Result<()> {
    assert_eq!(socket.request("ping", json!({})).await?.ack()?, json!({}));
    Ok(())
}

/// The events of this name about a conversation that came so far.
pub(crate) fn told(socket: &WsClient, name: &str, conversation: &str) -> Vec<Value> {
    let events = socket.events().into_iter();
    events
        .filter(|event| event.name == name && event.content["conversation_id"] == conversation)
        .map(|event| event.content)
        .collect()
}

/// The positions of the entries of a conversation that came so far, as they came.
pub(crate) fn positions(socket: &WsClient, conversation: &str) -> Vec<u64> {
    let entries = told(socket, "entry", conversation);
    entries.iter().filter_map(|entry| entry["pos"].as_u64()).collect()
}

/// Sends a message for each of these numbers, as fast as eight sockets can.
pub(crate) async fn write_many(
    by: &Account,
    conversation: &str,
    numbers: Range<usize>,
) -> anyhow::Result<()> {
    let mut writers = Vec::new();
    for part in 0..8 {
        let (by, conversation) = (by.clone(), conversation.to_owned());
        let numbers = numbers.clone().skip(part).step_by(8);
        writers.push(tokio::spawn(async move {
            let socket = device(&by).await?;
            let mut sent = Vec::new();
            for number in numbers {
                let text = number.to_string();
                sent.push(socket.send("message.send", message(&conversation, &text, &text)).await?);
            }
            for id in sent {
                socket.reply(&id).await?.ack()?;
            }
            anyhow::Ok(())
        }));
    }
    for writer in writers {
        writer.await??;
    }
    Ok(())
}
