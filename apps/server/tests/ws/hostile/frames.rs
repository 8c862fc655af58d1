//! Frames that break the WebSocket protocol, or that are made to cost.

use kabar_testkit::{PATIENCE, eventually};

use crate::{
    bystanders::Bystanders,
    raw::{BINARY, CONTINUATION, FIN, PING, RawSocket, Said, TEXT, frame, header, text},
};

const LIMIT: usize = 64 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frames_close_the_socket_with_the_code_that_says_why() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let ping = br#"{"event":"ping"}"#;
    let fragments = |parts: &[&[u8]]| {
        let last = parts.len() - 1;
        let mut bytes = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let first = if at == 0 { TEXT } else { CONTINUATION };
            bytes.extend(frame(if at == last { first | FIN } else { first }, part));
        }
        bytes
    };
    let half = vec![b' '; LIMIT / 2 + 1];
    for (broken, bytes, code) in [
        ("not masked", [&[0x81, 16], &ping[..]].concat(), 1002),
        ("first reserved bit", frame(FIN | 0x40 | TEXT, ping), 1002),
        ("second reserved bit", frame(FIN | 0x20 | TEXT, ping), 1002),
        ("third reserved bit", frame(FIN | 0x10 | TEXT, ping), 1002),
        ("unknown opcode", frame(FIN | 0x3, ping), 1002),
        ("unknown control opcode", frame(FIN | 0xB, b""), 1002),
        ("fragmented ping", frame(PING, b""), 1002),
        ("fragmented close", frame(0x8, b""), 1002),
        ("oversized ping", frame(FIN | PING, &[b'x'; 126]), 1002),
        ("oversized pong", frame(FIN | 0xA, &[b'x'; 1000]), 1002),
        ("continuation of nothing", frame(FIN | CONTINUATION, ping), 1002),
        ("text within a message", [frame(TEXT, b"{"), text("{}")].concat(), 1002),
        ("binary within a message", [frame(TEXT, b"{"), frame(FIN | BINARY, b"")].concat(), 1002),
        ("no UTF-8", frame(FIN | TEXT, b"{\"event\":\"\xff\xfe\"}"), 1007),
        ("a surrogate in UTF-8", frame(FIN | TEXT, b"\xed\xa0\x80"), 1007),
        ("an overlong form", frame(FIN | TEXT, b"\xc0\xaf"), 1007),
        ("no UTF-8 in fragments", fragments(&[b"{\"event\":\"\xe2\x82", b"\x28\"}"]), 1007),
        ("a character that never ends", fragments(&[b"\"\xe2", b"\x82", b""]), 1007),
        ("binary", frame(FIN | BINARY, ping), 4400),
        ("empty binary", frame(FIN | BINARY, b""), 4400),
        ("binary in fragments", [frame(BINARY, b"{"), frame(FIN, b"}")].concat(), 4400),
        ("empty text", text(""), 4400),
        ("one byte more than fits", header(FIN | TEXT, LIMIT as u64 + 1), 1009),
        ("more than there is", header(FIN | TEXT, u64::MAX), 1009),
        ("a binary frame too big", header(FIN | BINARY, 1 << 40), 1009),
        ("a message too big in fragments", fragments(&[&half, &half]), 1009),
        ("farewell", frame(FIN | 0x8, &1000_u16.to_be_bytes()), 1000),
        ("farewell without a word", frame(FIN | 0x8, b""), 1000),
    ] {
        let mut socket = RawSocket::ready(&bystanders.attacker).await?;
        socket.write(&bytes).await?;
        assert_eq!(socket.closed().await?, Some(code), "{broken}");
        // The same of somebody who has not said who it is.
        let mut socket = RawSocket::open(&bystanders.base()).await?;
        socket.write(&bytes).await?;
        assert_eq!(socket.closed().await?, Some(code), "{broken}, before auth");
    }
    bystanders.assert_unharmed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_frames_that_are_legal_are_served() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let mut socket = RawSocket::ready(&bystanders.attacker).await?;
    // A character in two fragments, with a ping between them.
    let (start, end) = ("{\"event\":\"ping\",\"id\":\"\u{20ac}".as_bytes(), "\"}");
    let (first, rest) = start.split_at(start.len() - 1);
    let bytes = [
        frame(TEXT, first),
        frame(FIN | PING, b"still there?"),
        frame(CONTINUATION, rest),
        frame(CONTINUATION, b""),
        frame(FIN | CONTINUATION, end.as_bytes()),
    ]
    .concat();
    // Byte by byte, as a slow network may bring it.
    for byte in bytes {
        socket.write(&[byte]).await?;
    }
    let pong = "{\"event\":\"pong\",\"id\":\"\u{20ac}\",\"data\":{}}";
    let mut said = vec![socket.next().await?, socket.next().await?];
    said.sort_by_key(|said| matches!(said, Said::Text(_)));
    assert_eq!(said, [Said::Control, Said::Text(pong.to_owned())]);
    // The largest frame there is.
    let blank = " ".repeat(LIMIT - 16);
    socket.write(&text(&format!("{{\"event\":\"ping\"{blank}}}"))).await?;
    assert_eq!(socket.next().await?, Said::Text("{\"event\":\"pong\",\"data\":{}}".to_owned()));
    bystanders.assert_unharmed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_ten_gibibytes_ends_at_its_header() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let piece = vec![b'x'; 1024 * 1024];
    let mut socket = RawSocket::ready(&bystanders.attacker).await?;
    socket.write(&header(FIN | TEXT, 10 << 30)).await?;
    // A little is read and thrown away, so that the client learns why; then the connection ends.
    let (taken, code) = socket.pour(&piece, 1 << 20).await?;
    assert_eq!(code, Some(1009), "after {taken} bytes");
    let growth = bystanders.growth()?;
    assert!(growth < 20 << 20, "{growth} bytes for {taken} bytes");
    bystanders.assert_unharmed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_empty_fragments_end_at_a_thousand() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let mut socket = RawSocket::ready(&bystanders.attacker).await?;
    socket.write(&frame(TEXT, b"")).await?;
    let empty = frame(CONTINUATION, b"").repeat(1000);
    let (taken, code) = socket.pour(&empty, 1000).await?;
    assert_eq!(code, Some(1009), "after {taken} bytes");
    bystanders.assert_unharmed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_stalled_frames_cost_what_was_sent_of_them() -> anyhow::Result<()> {
    const SOCKETS: u64 = 500;
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let (announced, sent) = (60 * 1024, 1024);
    let mut bytes = header(FIN | TEXT, announced);
    bytes.extend(vec![b'x'; sent]);
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        let mut socket = RawSocket::ready(&bystanders.attacker).await?;
        socket.write(&bytes).await?;
        sockets.push(socket);
    }
    for _ in 0..20 {
        bystanders.talk().await?;
    }
    let growth = bystanders.growth()?;
    // What is announced must not be set aside: that would be 30 MiB. A debug build's idle socket
    // needs some 40 KiB.
    assert!(growth < SOCKETS * announced, "{growth} bytes for {SOCKETS} sockets");
    drop(sockets);
    eventually("they are forgotten", PATIENCE, async || {
        bystanders.growth().is_ok_and(|left| left < growth.max(1))
    })
    .await?;
    bystanders.assert_unharmed().await
}
