//! More commands than anybody needs.

use std::time::{Duration, Instant};

use anyhow::ensure;
use kabar_testkit::PATIENCE;
use serde_json::json;
use tokio::sync::watch;

use crate::{
    bystanders::Bystanders,
    raw::{RawSocket, Said, text},
    server::message,
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
async fn flood(
    mut socket: RawSocket,
    wave: Vec<u8>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<u32> {
    let mut answered = 0;
    while !*stop.borrow() {
        socket.write(&wave).await?;
        for _ in 0..WAVE {
            let said = socket.next().await?;
            ensure!(matches!(said, Said::Text(_)), "{said:?}");
            answered += 1;
        }
    }
    Ok(answered)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_floods_does_not_slow_others_down() -> anyhow::Result<()> {
    const TALK: usize = 100;
    // Without limits, so that nothing but the server's own fairness protects the others.
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let alone = bystanders.median_of_talk(TALK).await?;
    let chat = bystanders.attacker.http.open_direct(&bystanders.attacker.id).await?;
    let again = json!({ "event": "message.send", "data": message(&chat, "same", "again") });
    let mut wave = text(r#"{"event":"ping"}"#).repeat(WAVE / 2);
    wave.extend(text(r#"{"event":"nothing"}"#).repeat(WAVE / 2 - 2));
    // They come back as an acknowledgement each, and once as an entry, which is waited for here.
    let mut socket = RawSocket::ready(&bystanders.attacker).await?;
    socket.write(&text(&again.to_string())).await?;
    socket.next().await?;
    socket.next().await?;
    wave.extend(text(&again.to_string()).repeat(2));
    let (stop, stopped) = watch::channel(false);
    let began = Instant::now();
    let flooding = tokio::spawn(flood(socket, wave, stopped));
    let flooded = bystanders.median_of_talk(TALK).await?;
    stop.send(true)?;
    let answered = tokio::time::timeout(PATIENCE, flooding).await???;
    let rate = f64::from(answered) / began.elapsed().as_secs_f64();
    // Generous: the flooding client itself takes a processor of the machine.
    let bound = alone * 20 + Duration::from_millis(250);
    assert!(flooded < bound, "{flooded:?} during {rate} commands a second, {alone:?} alone");
    assert!(usize::try_from(answered)? >= WAVE, "no flood");
    bystanders.assert_unharmed().await
}
