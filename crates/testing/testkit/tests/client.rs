//! The WebSocket client, against a server that says what the test tells it to.

#![expect(clippy::indexing_slicing, reason = "a JSON member that is missing is null")]

use futures_util::{SinkExt as _, StreamExt as _};
use kabar_testkit::{
    PATIENCE,
    client::{Auth, Reply, Upgrade, WsClient},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// A server that greets with these frames, acknowledges `echo`, refuses every other command, and
/// closes with 4401 at `logout`.
async fn serve(greeting: Vec<Value>) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        let mut socket = accept_async(listener.accept().await?.0).await?;
        for frame in greeting {
            socket.send(Message::text(frame.to_string())).await?;
        }
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let mut command: Value = serde_json::from_str(&text)?;
            let answer = match command["event"].as_str() {
                Some("logout") => {
                    let code = CloseCode::from(4401);
                    socket.close(Some(CloseFrame { code, reason: "revoked".into() })).await?;
                    continue;
                }
                Some("echo") => {
                    json!({"event": "ack", "id": command["id"], "data": command["data"].take()})
                }
                _ => json!({"event": "error", "id": command["id"], "data": {"code": "ws.unknown"}}),
            };
            socket.send(Message::text(answer.to_string())).await?;
        }
        anyhow::Ok(())
    });
    Ok(base)
}

fn entry(pos: u64) -> Value {
    let content = json!({"conversation_id": "c", "pos": pos, "type": "member.joined", "data": {}});
    json!({"event": "entry", "data": content})
}

#[tokio::test]
async fn commands_get_their_own_answers() -> anyhow::Result<()> {
    let base = serve(vec![json!({"event": "ready", "data": {}})]).await?;
    let socket = WsClient::ready(&base, "token").await?;
    let first = socket.send("echo", json!(1)).await?;
    let second = socket.send("echo", json!(2)).await?;
    assert_eq!(socket.reply(&second).await?, Reply::Ack(json!(2)));
    assert_eq!(socket.reply(&first).await?.ack()?, json!(1));
    let refused = socket.request("nonsense", json!({})).await?;
    assert_eq!(refused.code(), "ws.unknown");
    assert!(refused.ack().is_err());
    Ok(())
}

#[tokio::test]
async fn events_are_handed_out_in_order_and_checked() -> anyhow::Result<()> {
    let base = serve(vec![entry(1), entry(2), entry(4)]).await?;
    let socket = WsClient::connect(&base, Auth::Nobody).await?;
    for pos in [1, 2, 4] {
        assert_eq!(socket.next_event(PATIENCE).await?.content["pos"], pos);
    }
    assert_eq!(socket.wait_for_entry("c", 2).await?["pos"], 2);
    assert!(socket.verify_gapless().unwrap_err().to_string().contains("4 came after 2"));
    Ok(())
}

#[tokio::test]
async fn the_close_code_is_seen_and_waiting_ends_with_the_socket() -> anyhow::Result<()> {
    let base = serve(vec![]).await?;
    let socket = WsClient::connect(&base, Auth::Frame("token")).await?;
    socket.send("logout", json!({})).await?;
    let closed = socket.closed(PATIENCE).await?;
    assert_eq!((closed.code, closed.reason.as_str()), (Some(4401), "revoked"));
    assert!(socket.wait_for("never", |_| true).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_refused_upgrade_is_an_answer() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let body = r#"{"code":"ws.origin"}"#;
        let answer =
            format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let mut head = [0; 4096];
        let _read = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await?;
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await
    });
    let headers = [("origin", "https://attacker.example")];
    let Upgrade::Refused { status, problem } =
        WsClient::upgrade(&base, Auth::Nobody, &headers).await?
    else {
        panic!("the upgrade was accepted")
    };
    assert_eq!((status, &problem["code"]), (403, &json!("ws.origin")));
    Ok(())
}
