//! Who is at the other end, and for how long.

use std::time::Duration;

use anyhow::Context as _;
use kabar_server::config::Config;
use kabar_testkit::{
    PATIENCE,
    client::{Auth, HttpClient, Upgrade, WsClient},
    eventually,
};
use serde_json::{Value, json};

use crate::{
    raw::{RawSocket, Said},
    server::{assert_lives, device, two},
};

on_each_database! {
    who_does_not_answer_the_close_is_let_go,
    a_socket_is_recognised_by_its_upgrade_or_its_first_frame,
    a_wrong_token_opens_nothing,
    nothing_is_done_for_nobody with short_patience,
    a_fresher_token_of_the_session_keeps_a_socket_open with short_tokens,
    a_socket_never_acts_for_anybody_else,
    a_log_out_closes_the_sockets_of_its_session,
}

fn short_patience(config: &mut Config) {
    config.ws.auth_timeout = Duration::from_secs(1);
}

/// Shorter than an operator may configure, so that the test does not wait for half a minute.
fn short_tokens(config: &mut Config) {
    config.auth.access_ttl = Duration::from_secs(2);
}

/// How the server refuses an upgrade with this token.
async fn refusal(http: &HttpClient, token: &str) -> anyhow::Result<(u16, String)> {
    match WsClient::upgrade(http.base(), Auth::Header(token), &[]).await? {
        Upgrade::Open(_) => anyhow::bail!("the socket is open"),
        Upgrade::Refused { status, problem } => {
            Ok((status, problem["code"].as_str().unwrap_or_default().to_owned()))
        }
    }
}

/// How the server refuses this token as the first frame, and with which code it closes.
async fn refusal_of_frame(http: &HttpClient, token: &str) -> anyhow::Result<(Value, Option<u16>)> {
    let socket = WsClient::connect(http.base(), Auth::Nobody).await?;
    let id = socket.send("auth", json!({ "token": token })).await?;
    let reply = socket.reply(&id).await?;
    Ok((json!(reply.code()), socket.closed(PATIENCE).await?.code))
}

async fn a_socket_is_recognised_by_its_upgrade_or_its_first_frame(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = http.register("ayu").await?;
    let by_header = WsClient::connect(http.base(), Auth::Header(&ayu.access_token)).await?;
    let ready = by_header.wait_for("ready", |_| true).await?;
    assert_eq!(by_header.events()[0].name, "ready", "nothing comes before it");
    assert_eq!(ready["user_id"], ayu.id.as_str());
    assert!(ready["session_id"].as_str().is_some_and(|id| id.len() == 36), "{ready}");
    assert!(ready["epoch"].as_str().is_some_and(|epoch| !epoch.is_empty()), "{ready}");
    assert_eq!(ready["heartbeat_seconds"], 25);
    let limits = json!({
        "frame_bytes": 65_536, "message_bytes": 16_384, "sync_positions": 1000,
        "replay_entries": 500,
    });
    assert_eq!(ready["limits"], limits);

    let by_frame = WsClient::connect(http.base(), Auth::Frame(&ayu.access_token)).await?;
    let mut ready_too = by_frame.wait_for("ready", |_| true).await?;
    assert!(ready_too["time"].as_str() >= ready["time"].as_str(), "{ready_too}");
    ready_too["time"] = ready["time"].clone();
    assert_eq!(ready_too, ready);
    let names: Vec<_> = by_frame.events().into_iter().map(|event| event.name).collect();
    assert_eq!(names, ["ack", "ready"]);
    assert_lives(&by_header).await?;
    assert_lives(&by_frame).await
}

async fn a_wrong_token_opens_nothing(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = http.register("ayu").await?;
    let (head, signature) = ayu.access_token.rsplit_once('.').context("a JWT")?;
    let unsigned = format!("{head}.");
    let cut = format!("{head}.{}", &signature[..signature.len() / 2]);
    for wrong in ["x", &ayu.refresh_token, &unsigned, &cut] {
        let refused = refusal(http, wrong).await?;
        assert_eq!(refused, (401, "auth.token_invalid".to_owned()), "{wrong}");
        let refused = refusal_of_frame(http, wrong).await?;
        assert_eq!(refused, (json!("auth.token_invalid"), Some(4401)), "{wrong}");
    }
    let basic = [("authorization", "Basic YXl1OmF5dQ==")];
    let upgrade = WsClient::upgrade(http.base(), Auth::Nobody, &basic).await?;
    assert!(matches!(upgrade, Upgrade::Refused { status: 401, .. }), "{upgrade:?}");
    for data in [json!({}), json!({"token": 5}), json!({"token": ""}), json!([ayu.access_token])] {
        let socket = WsClient::connect(http.base(), Auth::Nobody).await?;
        let id = socket.send("auth", data.clone()).await?;
        assert_eq!(socket.reply(&id).await?.code(), "request.invalid", "{data}");
        assert_eq!(socket.closed(PATIENCE).await?.code, Some(4401));
    }
    Ok(())
}

async fn nothing_is_done_for_nobody(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, _, chat) = two(http).await?;
    let silent = WsClient::connect(http.base(), Auth::Nobody).await?;
    for command in ["message.send", "sync", "read", "ping", "no.such.command"] {
        let socket = WsClient::connect(http.base(), Auth::Nobody).await?;
        let data = json!({"conversation_id": chat, "client_id": "1", "body": "hi"});
        let id = socket.send(command, data).await?;
        assert_eq!(socket.reply(&id).await?.code(), "auth.token_missing", "{command}");
        assert_eq!(socket.closed(PATIENCE).await?.code, Some(4401), "{command}");
        assert_eq!(socket.events().len(), 1, "{:?}", socket.events());
    }
    // A command that waits behind a failed authentication is not done either.
    let socket = WsClient::connect(http.base(), Auth::Nobody).await?;
    socket.send("auth", json!({"token": "wrong"})).await?;
    // It may be closed already.
    let _closed = socket.send("message.send", crate::server::message(&chat, "1", "hi")).await;
    assert_eq!(socket.closed(PATIENCE).await?.code, Some(4401));
    assert_eq!(ayu.http.all_entries(&chat).await?, Vec::<Value>::new());

    assert_eq!(silent.closed(PATIENCE).await?.code, Some(4408));
    assert_eq!(silent.events(), []);
    Ok(())
}

async fn a_fresher_token_of_the_session_keeps_a_socket_open(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = http.register("ayu").await?;
    let (kept, expiring) = (device(&ayu).await?, device(&ayu).await?);
    let mut refresh_token = ayu.refresh_token.clone();
    eventually("a socket with a token that is over is closed", PATIENCE, async || {
        let body = json!({ "refresh_token": refresh_token });
        let tokens = http.post("/v1/auth/refresh", &body).await.map(|answer| answer.body);
        let tokens = tokens.unwrap_or_default();
        let renewed = kept.request("auth", json!({ "token": tokens["access_token"] })).await;
        assert_eq!(renewed.and_then(|reply| reply.ack()).ok(), Some(json!({})), "{tokens}");
        refresh_token = tokens["refresh_token"].as_str().unwrap_or_default().to_owned();
        expiring.is_closed().is_some()
    })
    .await?;
    assert_eq!(expiring.closed(PATIENCE).await?.code, Some(4401));
    assert_lives(&kept).await?;
    assert_eq!(kept.closed(PATIENCE).await?.code, Some(4401), "its last token is over too");
    Ok(())
}

async fn a_socket_never_acts_for_anybody_else(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let elsewhere = http.log_in("ayu").await?;
    let socket = device(&ayu).await?;
    for other in [&budi.access_token, &elsewhere.access_token, "x"] {
        let reply = socket.request("auth", json!({ "token": other })).await?;
        assert_eq!(reply.code(), "auth.token_invalid");
    }
    let reply = socket.request("auth", json!({ "token": ayu.access_token })).await?;
    assert_eq!(reply.ack()?, json!({}));
    let sent = socket.send_message_to(&chat, "1", "it is me").await?;
    assert_eq!(sent["author_id"], ayu.id.as_str());
    Ok(())
}

async fn a_log_out_closes_the_sockets_of_its_session(http: &HttpClient) -> anyhow::Result<()> {
    let phone = http.register("ayu").await?;
    let laptop = http.log_in("ayu").await?;
    let (first, second) = (device(&phone).await?, device(&phone).await?);
    let other = device(&laptop).await?;
    phone.http.post("/v1/auth/logout", &json!({})).await?.expect(204)?;
    for socket in [&first, &second] {
        // G8: within 2 s on this node.
        assert_eq!(socket.closed(Duration::from_secs(2)).await?.code, Some(4401));
    }
    assert_eq!(phone.http.get("/v1/users/me").await?.code(), "auth.session_ended");
    let ended = "auth.session_ended";
    assert_eq!(refusal(http, &phone.access_token).await?, (401, ended.to_owned()));
    let refused = refusal_of_frame(http, &phone.access_token).await?;
    assert_eq!(refused, (json!(ended), Some(4401)));
    let renewed = other.request("auth", json!({ "token": phone.access_token })).await?;
    assert_eq!(renewed.code(), ended);
    assert_lives(&other).await
}

async fn who_does_not_answer_the_close_is_let_go(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = http.register("ayu").await?;
    let mut socket = RawSocket::ready(&ayu).await?;
    ayu.http.post("/v1/auth/logout", &json!({})).await?.expect(204)?;
    assert_eq!(socket.next().await?, Said::Close(4401));
    assert_eq!(socket.next().await?, Said::End);
    Ok(())
}
