//! How much one may send.

use kabar_server::config::Config;
use kabar_testkit::{PATIENCE, client::HttpClient};
use serde_json::json;

use crate::server::{assert_lives, device, message, two};

on_each_database! {
    too_many_messages_are_refused_and_the_socket_lives with limited,
    too_many_frames_close_the_socket with limited,
    answers_wait_for_a_client_that_sends_faster_than_it_reads,
    no_more_sockets_than_there_are_places with two_places,
}

fn limited(config: &mut Config) {
    config.rate_limits.enabled = true;
}

fn two_places(config: &mut Config) {
    config.ws.max_connections = 2;
}

async fn too_many_messages_are_refused_and_the_socket_lives(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let socket = device(&ayu).await?;
    let mut sent = Vec::new();
    for number in 0..150 {
        let text = number.to_string();
        sent.push(socket.send("message.send", message(&chat, &text, "spam")).await?);
    }
    let mut refused = 0;
    for id in &sent {
        match socket.reply(id).await?.code() {
            "" => {}
            code => {
                assert_eq!(code, "rate_limit.exceeded");
                refused += 1;
            }
        }
    }
    assert!((1..=120).contains(&refused), "a burst of 30 passes, but not everything: {refused}");
    let over_http = json!({ "client_id": "http", "body": "spam" });
    let path = format!("/v1/conversations/{chat}/messages");
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(ayu.http.post(&path, &over_http).await?.status);
    }
    assert!(answers.iter().all(|status| matches!(status, 200 | 201 | 429)), "{answers:?}");
    device(&budi).await?.send_message_to(&chat, "1", "others may").await?;
    assert_lives(&socket).await
}

async fn too_many_frames_close_the_socket(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let (flooder, own, other) = (device(&ayu).await?, device(&ayu).await?, device(&budi).await?);
    for _ in 0..10_000 {
        if flooder.send_text(r#"{"event":"ping"}"#).await.is_err() {
            break;
        }
    }
    assert_eq!(flooder.closed(PATIENCE).await?.code, Some(4429));
    let answered = flooder.events().len();
    assert!((100..2000).contains(&answered), "{answered} answers before the end");
    assert_lives(&own).await?;
    assert_lives(&other).await
}

async fn answers_wait_for_a_client_that_sends_faster_than_it_reads(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, _, _) = two(http).await?;
    let socket = device(&ayu).await?;
    let mut last = String::new();
    for _ in 0..3000 {
        last = socket.send("ping", json!({})).await?;
    }
    socket.reply(&last).await?.ack()?;
    assert_eq!(socket.events().iter().filter(|event| event.name == "pong").count(), 3000);
    Ok(())
}

async fn no_more_sockets_than_there_are_places(http: &HttpClient) -> anyhow::Result<()> {
    use kabar_testkit::{
        client::{Auth, Upgrade, WsClient},
        eventually,
    };
    let ayu = http.register("ayu").await?;
    let auth = Auth::Header(&ayu.access_token);
    let (first, second) = (device(&ayu).await?, device(&ayu).await?);
    let third = WsClient::upgrade(http.base(), auth, &[]).await?;
    let Upgrade::Refused { status, problem } = third else { anyhow::bail!("a third is open") };
    assert_eq!((status, &problem["code"]), (503, &json!("service.overloaded")));
    assert_lives(&first).await?;
    second.close().await?;
    eventually("the place of a closed socket is free", PATIENCE, async || {
        matches!(WsClient::upgrade(http.base(), auth, &[]).await, Ok(Upgrade::Open(_)))
    })
    .await?;
    assert_lives(&first).await
}
