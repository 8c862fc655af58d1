//! Commands that are refused: with the same codes as over HTTP, and the socket lives on.

use kabar_testkit::client::HttpClient;
use serde_json::{Value, json};

use crate::server::{assert_lives, device, message, two};

on_each_database! {
    refusals_are_the_same_over_both_transports,
    wrong_values_are_named,
    forged_fields_are_unknown,
    the_id_of_a_command_comes_back_as_it_was,
}

const NOBODY: &str = "0198c0de-0000-7000-8000-000000000001";

async fn refusals_are_the_same_over_both_transports(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let strange = device(&http.register("citra").await?).await?;
    let stranger = http.log_in("citra").await?.http;
    let socket = device(&ayu).await?;
    let messages = format!("/v1/conversations/{chat}/messages");
    let elsewhere = budi.http.create_group("Secret", &[]).await?;
    let foreign = budi.http.post_message(&elsewhere, "1", "psst").await?["id"].clone();

    let over_http = stranger.post(&messages, &json!({"client_id": "1", "body": "hi"})).await?;
    let refused = strange.request("message.send", message(&chat, "1", "hi")).await?;
    assert_eq!((refused.code(), 404), (over_http.code(), over_http.status));
    let nowhere = strange.request("message.send", message(NOBODY, "1", "hi")).await?;
    assert_eq!(refused, nowhere, "what is not one's own is as what is not there");

    let read = json!({ "seq": 1 });
    let over_http = stranger.put(&format!("/v1/conversations/{chat}/read"), &read).await?;
    let refused = json!({ "conversation_id": chat, "seq": 1 });
    assert_eq!(strange.request("read", refused).await?.code(), over_http.code());

    for wrong in [
        json!({"client_id": "1", "body": ""}),
        json!({"client_id": "1", "body": "x".repeat(16_385)}),
        json!({"client_id": "", "body": "hi"}),
        json!({"client_id": "x".repeat(65), "body": "hi"}),
        json!({"client_id": "a\u{0}b", "body": "hi"}),
        json!({"client_id": "1", "body": "hi", "reply_to": NOBODY}),
        json!({"client_id": "1", "body": "hi", "reply_to": foreign}),
        json!({"client_id": "1", "body": "hi", "reply_to": "x"}),
    ] {
        let over_http = ayu.http.post(&messages, &wrong).await?;
        let mut data = wrong.clone();
        data["conversation_id"] = json!(chat);
        let kabar_testkit::client::Reply::Error(problem) =
            socket.request("message.send", data).await?
        else {
            anyhow::bail!("accepted: {wrong}");
        };
        for same in ["code", "status", "title", "detail", "errors"] {
            assert_eq!(problem[same], over_http.body[same], "{wrong}");
        }
    }
    assert_eq!(ayu.http.all_entries(&chat).await?, Vec::<Value>::new(), "nothing was stored");
    assert_lives(&strange).await?;
    assert_lives(&socket).await
}

async fn wrong_values_are_named(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, _, chat) = two(http).await?;
    let socket = device(&ayu).await?;
    for unknown in ["", "message.sent", "MESSAGE.SEND", "ready", "message.erase"] {
        let reply = socket.request(unknown, json!({})).await?;
        assert_eq!(reply.code(), "request.unknown_command", "{unknown:?}");
    }
    for (number, data) in ["null", "[]", "\"x\"", "5", "true", "[{}]"].into_iter().enumerate() {
        let frame = format!(r#"{{"event":"message.send","id":{},"data":{data}}}"#, number + 1000);
        socket.send_text(frame).await?;
        let reply = socket.reply(&(number + 1000).to_string()).await?;
        assert_eq!(reply.code(), "request.invalid", "{data}");
    }
    socket.send_text(r#"{"event":"message.send","id":"none"}"#).await?;
    assert_eq!(socket.reply("none").await?.code(), "request.invalid");
    for (wrong, field) in [
        (json!({"conversation_id": 5, "client_id": "1", "body": "x"}), "conversation_id"),
        (json!({"conversation_id": chat, "client_id": 1, "body": "x"}), "client_id"),
        (json!({"conversation_id": chat, "client_id": "1", "body": ["x"]}), "body"),
        (json!({"conversation_id": chat, "client_id": "1"}), "body"),
    ] {
        let kabar_testkit::client::Reply::Error(problem) =
            socket.request("message.send", wrong).await?
        else {
            anyhow::bail!("accepted");
        };
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for seq in [json!(-1), json!("1"), json!(1.5), json!(u64::MAX), json!(null)] {
        let read = json!({ "conversation_id": chat, "seq": seq });
        assert_eq!(socket.request("read", read).await?.code(), "request.invalid", "{seq}");
    }
    assert_lives(&socket).await
}

async fn forged_fields_are_unknown(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let socket = device(&ayu).await?;
    for (field, value) in [
        ("author_id", json!(budi.id)),
        ("by", json!(budi.id)),
        ("seq", json!(7)),
        ("pos", json!(7)),
        ("id", json!(NOBODY)),
        ("created_at", json!("2020-01-01T00:00:00.000Z")),
        ("at", json!("2020-01-01T00:00:00.000Z")),
        ("role", json!("owner")),
        ("__proto__", json!({})),
    ] {
        let mut data = message(&chat, "1", "hi");
        data[field] = value;
        let kabar_testkit::client::Reply::Error(problem) =
            socket.request("message.send", data).await?
        else {
            anyhow::bail!("{field} was accepted");
        };
        let blamed = (&problem["code"], &problem["errors"][0]["field"]);
        assert_eq!(blamed, (&json!("request.invalid"), &json!(field)));
        assert_eq!(problem["errors"][0]["code"], "unknown");
    }
    assert_eq!(ayu.http.all_entries(&chat).await?, Vec::<Value>::new());
    assert_lives(&socket).await
}

async fn the_id_of_a_command_comes_back_as_it_was(http: &HttpClient) -> anyhow::Result<()> {
    let socket = device(&http.register("ayu").await?).await?;
    let longest = "x".repeat(62);
    for (sent, echoed) in [
        ("\"a\"", "a"),
        ("7", "7"),
        ("-1", "-1"),
        ("18446744073709551615", "18446744073709551615"),
        (&format!("\"{longest}\""), &longest),
    ] {
        socket.send_text(format!(r#"{{"event":"ping","id":{sent}}}"#)).await?;
        assert_eq!(socket.reply(echoed).await?.ack()?, json!({}));
        socket.send_text(format!(r#"{{"event":"nothing","id":{sent}}}"#)).await?;
    }
    // Without an id, the answer has none.
    socket.send_text(r#"{"event":"ping"}"#).await?;
    socket.wait_for("pong", |_| true).await?;
    assert_lives(&socket).await?;
    let errors = socket.events().into_iter().filter(|event| event.name == "error");
    assert_eq!(errors.filter_map(|event| event.id).count(), 5);
    Ok(())
}
