//! The end of the server, as its sockets see it.

use std::time::Duration;

use kabar_testkit::{
    PATIENCE,
    client::{Auth, Upgrade, WsClient},
    eventually,
    postgres::TestDatabase,
    server_process::ServerSettings,
};
use serde_json::json;

use crate::server::{device, two};

/// What an operator is promised (G10).
const END: Duration = Duration::from_secs(30);

fn settings() -> ServerSettings {
    ServerSettings::new(env!("CARGO_BIN_EXE_kabar"))
}

async fn sockets_are_told_of_a_restart(settings: ServerSettings) -> anyhow::Result<()> {
    let mut server = settings.start().await?;
    let http = server.http();
    let (ayu, budi, chat) = two(&http).await?;
    let sockets =
        [device(&ayu).await?, device(&ayu).await?, device(&budi).await?, device(&budi).await?];
    server.terminate().await?;
    eventually("not ready any more", PATIENCE, async || {
        http.get("/health/ready").await.is_ok_and(|answer| answer.status == 503)
    })
    .await?;
    let upgrade = WsClient::upgrade(&server.base(), Auth::Header(&ayu.access_token), &[]).await?;
    let Upgrade::Refused { status, problem } = upgrade else { anyhow::bail!("it opened") };
    assert_eq!((status, &problem["code"]), (503, &json!("service.draining")));
    budi.http.post_message(&chat, "1", "requests are still answered").await?;
    for socket in &sockets {
        assert_eq!(socket.closed(PATIENCE).await?.code, Some(1012));
    }
    assert!(server.wait(END).await?.success(), "{:?}", server.lines());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_are_told_of_a_restart_on_sqlite() -> anyhow::Result<()> {
    sockets_are_told_of_a_restart(settings()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_are_told_of_a_restart_on_postgres() -> anyhow::Result<()> {
    let database = TestDatabase::create().await?;
    sockets_are_told_of_a_restart(settings().database_url(database.url())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_late_who_it_is_is_told_of_a_restart_too() -> anyhow::Result<()> {
    let settings =
        settings().env("KABAR__DRAIN__SOCKET_SPREAD", "0ms").env("KABAR__WS__AUTH_TIMEOUT", "20s");
    let mut server = settings.start().await?;
    let ayu = server.http().register("ayu").await?;
    let late = WsClient::connect(&server.base(), Auth::Nobody).await?;
    let early = device(&ayu).await?;
    server.terminate().await?;
    assert_eq!(early.closed(PATIENCE).await?.code, Some(1012));
    // By then all sockets that had a user are closed, and requests are waited for.
    eventually("no more connections are taken", PATIENCE, async || {
        server.http().get("/health/live").await.is_err()
    })
    .await?;
    late.send("auth", json!({ "token": ayu.access_token })).await?;
    assert_eq!(late.closed(PATIENCE).await?.code, Some(1012));
    assert!(server.wait(END).await?.success(), "{:?}", server.lines());
    Ok(())
}
