//! A server for one walk.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use kabar_server::{config::Config, serve::serve};
use kabar_testkit::{
    client::{Answer, HttpClient},
    postgres::TestDatabase,
};
use tokio::sync::oneshot;

/// How many cells of the table are tried side by side.
pub(crate) const SIDE_BY_SIDE: usize = 8;

/// Walks on a fresh server without rate limits, and ends the server after it.
pub(crate) async fn walk<W>(on_postgres: bool, walk: W) -> anyhow::Result<()>
where
    W: AsyncFnOnce(&HttpClient) -> anyhow::Result<()>,
{
    let folder = tempfile::tempdir()?;
    let database = if on_postgres { Some(TestDatabase::create().await?) } else { None };
    let mut config = Config::default();
    config.base.data_dir = folder.path().to_owned();
    config.http.workers = 2;
    config.rate_limits.enabled = false;
    config.drain.socket_spread = Duration::ZERO;
    config.database.url = database.as_ref().map(|it| it.url().parse()).transpose()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let http = HttpClient::new(format!("http://{}", listener.local_addr()?));
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    let running = tokio::spawn(serve(config, listener, shutdown));
    let walked = walk(&http).await;
    drop(stop);
    running.await?.context("the server did not end in order")?;
    walked
}

/// Checks that two answers cannot be told apart but by what names the request.
pub(crate) fn ensure_alike(one: &Answer, other: &Answer) -> anyhow::Result<()> {
    let said = |answer: &Answer| {
        let mut body = answer.body.clone();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        (answer.status, body, headers)
    };
    ensure!(said(one) == said(other), "{one:?} and {other:?}");
    Ok(())
}

/// Gathers what is wrong, so that a failure shows all of it.
#[derive(Debug, Default)]
pub(crate) struct Flaws(Vec<String>);

impl Flaws {
    pub(crate) fn note(&mut self, place: &str, done: anyhow::Result<()>) {
        if let Err(error) = done {
            self.0.push(format!("{place}: {error:#}"));
        }
    }

    pub(crate) fn none(self) -> anyhow::Result<()> {
        ensure!(self.0.is_empty(), "{} flaws:\n{}", self.0.len(), self.0.join("\n"));
        Ok(())
    }
}
