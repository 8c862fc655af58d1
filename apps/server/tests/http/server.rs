//! A server of one test, on SQLite or PostgreSQL, with what the stories need of it.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, ensure};
use kabar_server::{config::Config, serve::serve};
use kabar_testkit::{
    client::{Account, Answer, HttpClient},
    postgres::TestDatabase,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// Makes two tests of each story, one on each database.
macro_rules! on_each_database {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() -> anyhow::Result<()> {
                    $crate::server::tell(false, super::$story).await
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() -> anyhow::Result<()> {
                    $crate::server::tell(true, super::$story).await
                }
            )+
        }
    };
}

/// Tells a story to a fresh server without rate limits, and ends the server after it.
pub(crate) async fn tell<S>(on_postgres: bool, story: S) -> anyhow::Result<()>
where
    S: AsyncFnOnce(&HttpClient) -> anyhow::Result<()>,
{
    let server = Server::start(on_postgres, |config| config.rate_limits.enabled = false).await?;
    let told = story(&server.http).await;
    server.stop().await?;
    told
}

/// A running server.
pub(crate) struct Server {
    pub(crate) http: HttpClient,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
    _database: Option<TestDatabase>,
}

impl Server {
    pub(crate) async fn start(
        on_postgres: bool,
        configure: impl FnOnce(&mut Config),
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = if on_postgres { Some(TestDatabase::create().await?) } else { None };
        let mut config = Config::default();
        config.base.data_dir = folder.path().to_owned();
        config.http.workers = 2;
        config.database.url = database.as_ref().map(|it| it.url().parse()).transpose()?;
        configure(&mut config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let http = HttpClient::new(format!("http://{}", listener.local_addr()?));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let running =
            tokio::spawn(async { serve(config, listener, shutdown).await.context("the server") });
        Ok(Self { http, stop, running, _folder: folder, _database: database })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        self.running.await?
    }
}

/// Somebody with a name that nobody else in the test has.
pub(crate) async fn somebody(http: &HttpClient, name: &str) -> anyhow::Result<Account> {
    http.register(name).await
}

/// Checks that an answer is this problem, whole and of the right type.
pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str) -> anyhow::Result<()> {
    ensure!(
        (answer.status, answer.code()) == (status, code),
        "expected {status} {code}, got {}: {}",
        answer.status,
        answer.text
    );
    assert_problem_shape(answer)
}

/// Checks that an answer is a problem, whichever.
pub(crate) fn assert_problem_shape(answer: &Answer) -> anyhow::Result<()> {
    let shown = || format!("{}: {}", answer.status, answer.text);
    ensure!(answer.header("content-type") == "application/problem+json", "{}", shown());
    ensure!(answer.body["status"] == answer.status, "{}", shown());
    for text in ["code", "title", "detail", "request_id"] {
        ensure!(answer.body[text].as_str().is_some_and(|it| !it.is_empty()), "{text}: {}", shown());
    }
    ensure!(answer.body["request_id"] == answer.header("x-request-id"), "{}", shown());
    if let Some(errors) = answer.body.get("errors") {
        for error in errors.as_array().context("errors is a list")? {
            for text in ["field", "code", "message"] {
                ensure!(error[text].is_string(), "{}", shown());
            }
        }
    }
    Ok(())
}

/// Checks that two answers cannot be told apart but by what names the request.
pub(crate) fn assert_alike(one: &Answer, other: &Answer) -> anyhow::Result<()> {
    let body = |answer: &Answer| {
        let mut body = answer.body.clone();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        body
    };
    let headers = |answer: &Answer| {
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        headers
    };
    ensure!(one.status == other.status, "{} and {}", one.text, other.text);
    ensure!(body(one) == body(other), "{} and {}", one.text, other.text);
    ensure!(headers(one) == headers(other), "{:?} and {:?}", one.headers, other.headers);
    Ok(())
}

/// The text at a pointer; empty when there is none.
pub(crate) fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
