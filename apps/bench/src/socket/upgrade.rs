//! The opening handshake of RFC 6455 §4.1.

use anyhow::{Context, bail, ensure};
use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

/// The largest answer to an upgrade that is read.
const MAX_HEAD: usize = 64 * 1024;

/// Upgrades a connection; returns what the server sent after its answer.
pub(super) async fn upgrade(
    stream: &mut TcpStream,
    authority: &str,
    token: &str,
) -> anyhow::Result<BytesMut> {
    let key = generate_key();
    let request = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\
         User-Agent: kabar-bench\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut inbox = BytesMut::new();
    loop {
        if let Some(end) = inbox.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = inbox.get(..end).unwrap_or_default();
            accept(&String::from_utf8_lossy(head), &derive_accept_key(key.as_bytes()))?;
            inbox.advance(end + 4);
            return Ok(inbox);
        }
        ensure!(inbox.len() <= MAX_HEAD, "the answer to the upgrade has no end");
        let count = stream.read_buf(&mut inbox).await.context("no answer to the upgrade")?;
        ensure!(count > 0, "the server hung up instead of answering the upgrade");
    }
}

/// Checks the head of the server's answer.
fn accept(head: &str, expected: &str) -> anyhow::Result<()> {
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        bail!("the server refused the upgrade: {status}");
    }
    let accepted = lines.filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == expected
    });
    ensure!(accepted, "the answer to the upgrade does not belong to the request");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_upgrade_is_taken() {
        let good =
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nSEC-WebSocket-Accept: abc=";
        assert!(accept(good, "abc=").is_ok());
        assert!(accept(good, "other").is_err());
        let refused = accept("HTTP/1.1 401 Unauthorized\r\n", "abc=").unwrap_err();
        assert!(refused.to_string().contains("401"), "{refused}");
    }
}
