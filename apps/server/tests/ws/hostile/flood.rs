//! More commands than anybody needs.

use std::time::Duration;

use kabar_testkit::{PATIENCE, client::WsClient};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    bystanders::Bystanders,
    raw::{RawSocket, text},
    server::{device, message},
};

/// What one write of the flood holds.
const WAVE: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_commands_a_second_are_cut_off() -> anyhow::Result<()> {
    let settings = Bystanders::settings().env("KABAR__RATE_LIMITS__ENABLED", "true");
    // So that the bystanders may talk as fast as the test lets them.
    let settings = settings.env("KABAR__RATE_LIMITS__SEND_PER_SECOND", "1000000");
    let settings = settings.env("KABAR__RATE_LIMITS__SEND_BURST", "1000000");
    let settings = settings.env("KABAR__RATE_LIMITS__FRAMES_PER_SECOND", "200");
    let settings = settings.env("KABAR__RATE_LIMITS__FRAMES_BURST", "1000");
    let mut bystanders = Bystanders::start(settings).await?;
    for command in [r#"{"event":"ping"}"#, r#"{"event":"nothing"}"#, r#"{"event":"sync"}"#] {
        let mut socket = RawSocket::ready(&bystanders.attacker).await?;
        let (_, code) = socket.pour(&text(command).repeat(WAVE), 10_000 / WAVE).await?;
        assert_eq!(code, Some(4429), "{command}");
        // Before anybody has said who it is, only control frames can be many.
        let mut socket = RawSocket::open(&bystanders.base()).await?;
        let pong = crate::raw::frame(crate::raw::FIN | 0xA, b"").repeat(WAVE);
        assert_eq!(socket.pour(&pong, 10_000 / WAVE).await?.1, Some(4429));
    }
    bystanders.assert_unharmed().await
}

/// Pours commands until it is told to stop; answers how many were answered.
async fn flood(socket: WsClient, chat: String, mut stop: watch::Receiver<bool>) -> usize {
    let mut number = 0_u64;
    while !*stop.borrow_and_update() {
        let mut last = Ok(String::new());
        for _ in 0..WAVE {
            number += 1;
            let sent = match number % 10 {
                0 => {
                    let client_id = number.to_string();
                    socket.send("message.send", message(&chat, &client_id, "flood")).await
                }
                1..5 => socket.send("nothing", json!({})).await,
                _ => socket.send("ping", json!({})).await,
            };
            last = sent;
        }
        let Ok(id) = last else { break };
        if socket.reply(&id).await.is_err() {
            break;
        }
    }
    socket.events().iter().filter(|event| event.id.is_some()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_floods_does_not_slow_others_down() -> anyhow::Result<()> {
    const TALK: usize = 100;
    // Without limits, so that nothing but the server's own fairness protects the others.
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let alone = bystanders.median_of_talk(TALK).await?;
    let chat = bystanders.attacker.http.open_direct(&bystanders.attacker.id).await?;
    let socket = device(&bystanders.attacker).await?;
    let (stop, stopped) = watch::channel(false);
    let flooding = tokio::spawn(flood(socket, chat, stopped));
    let flooded = bystanders.median_of_talk(TALK).await?;
    stop.send(true)?;
    let answered = tokio::time::timeout(PATIENCE, flooding).await??;
    assert!(answered >= WAVE, "no flood: {answered} answers");
    // Generous: the flooding client itself takes a processor of the machine.
    let bound = alone * 20 + Duration::from_millis(250);
    assert!(flooded < bound, "{flooded:?} while flooded, {alone:?} alone, {answered} answers");
    bystanders.assert_unharmed().await
}
