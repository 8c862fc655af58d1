//! Text frames that are no commands.

use anyhow::Context as _;
use kabar_testkit::PATIENCE;
use serde_json::json;

use crate::{
    bystanders::Bystanders,
    server::{assert_lives, device},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_command_closes_the_socket() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let long_id = "1".repeat(100);
    for wrong in [
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "7",
        "true",
        "{}",
        "{",
        "{\"event\":\"ping\"}}",
        "{\"event\":\"ping\"} {\"event\":\"ping\"}",
        "{\"event\":null}",
        "{\"event\":[\"ping\"]}",
        "{\"event\":\"ping\",\"event\":\"sync\"}",
        "{\"event\":\"ping\",\"id\":1,\"id\":2}",
        "{\"event\":\"ping\",\"id\":{}}",
        "{\"event\":\"ping\",\"id\":true}",
        "{\"event\":\"ping\",\"user_id\":1}",
        "{'event':'ping'}",
        "[\"ping\",null,{}]",
        "NaN",
        "{\"event\":\"ping\",\"id\":1e}",
        &format!("{{\"event\":\"ping\",\"id\":{long_id}}}"),
        &format!("{{\"event\":\"ping\",\"id\":\"{}\"}}", "x".repeat(60_000)),
        &"[".repeat(60_000),
        &"{\"event\":".repeat(7_000),
    ] {
        let socket = device(&bystanders.attacker).await?;
        socket.send_text(wrong).await?;
        let shown = wrong.get(..60).unwrap_or(wrong);
        let closed = socket.closed(PATIENCE).await.with_context(|| shown.to_owned())?;
        assert_eq!(closed.code, Some(4400), "{shown}");
    }
    bystanders.assert_unharmed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_and_repeated_values_are_refused() -> anyhow::Result<()> {
    // So that 100 000 levels fit into a frame.
    let settings = Bystanders::settings().env("KABAR__WS__MAX_FRAME", "2MiB");
    let mut bystanders = Bystanders::start(settings).await?;
    let chat = bystanders.attacker.http.open_direct(&bystanders.attacker.id).await?;
    let socket = device(&bystanders.attacker).await?;
    let lists = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let mut number = 0;
    for deep in [&lists, &objects] {
        for data in [
            deep.clone(),
            format!("{{\"body\":{deep}}}"),
            format!("{{\"conversation_id\":{deep},\"client_id\":\"1\",\"body\":\"x\"}}"),
            format!("{{\"positions\":{deep}}}"),
            format!("{{\"positions\":{{\"{chat}\":{deep}}}}}"),
            format!("{{\"unknown\":{deep}}}"),
        ] {
            for event in ["message.send", "sync", "read", "auth", "ping", "nothing"] {
                number += 1;
                let frame =
                    format!("{{\"event\":\"{event}\",\"id\":\"d{number}\",\"data\":{data}}}");
                socket.send_text(frame).await?;
                let reply = socket.reply(&format!("d{number}")).await?;
                let code = reply.code();
                let expected: &[&str] = match event {
                    "nothing" => &["request.unknown_command"],
                    _ => &["request.invalid", "request.malformed_json"],
                };
                assert!(expected.contains(&code), "{event}: {reply:?}");
            }
        }
    }
    for repeated in [
        format!(
            "{{\"conversation_id\":\"{chat}\",\"client_id\":\"1\",\"body\":\"a\",\"body\":\"b\"}}"
        ),
        format!(
            "{{\"conversation_id\":\"{chat}\",\"conversation_id\":\"{chat}\",\"client_id\":\"1\",\"body\":\"a\"}}"
        ),
    ] {
        let frame = format!("{{\"event\":\"message.send\",\"id\":\"twice\",\"data\":{repeated}}}");
        socket.send_text(frame).await?;
        assert_eq!(socket.reply("twice").await?.code(), "request.invalid");
    }
    let twice = format!("{{\"positions\":{{\"{chat}\":0,\"{chat}\":1}}}}");
    socket.send_text(format!("{{\"event\":\"sync\",\"id\":\"s\",\"data\":{twice}}}")).await?;
    assert_eq!(socket.reply("s").await?.code(), "request.invalid");
    for escaped in ["\\ud800", "\\u0000", "\\u202e"] {
        let id = format!("e{number}");
        number += 1;
        let data = format!(
            "{{\"conversation_id\":\"{chat}\",\"client_id\":\"{escaped}\",\"body\":\"x\"}}"
        );
        socket
            .send_text(format!("{{\"event\":\"message.send\",\"id\":\"{id}\",\"data\":{data}}}"))
            .await?;
        let reply = socket.reply(&id).await?;
        assert!(matches!(reply.code(), "request.invalid" | "request.malformed_json"), "{reply:?}");
    }
    assert_eq!(bystanders.attacker.http.all_entries(&chat).await?, Vec::<serde_json::Value>::new());
    assert_lives(&socket).await?;
    assert_eq!(socket.request("ping", json!({"x": 1})).await?.code(), "request.invalid");
    bystanders.assert_unharmed().await
}
