//! Requests that shall not become sockets.

use kabar_testkit::{
    PATIENCE,
    client::{Auth, Upgrade, WsClient},
};
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::bystanders::Bystanders;

/// The status that an upgrade with this origin is answered with.
async fn status_for(base: &str, origin: &str) -> anyhow::Result<u16> {
    Ok(match WsClient::upgrade(base, Auth::Nobody, &[("origin", origin)]).await? {
        Upgrade::Open(_) => 101,
        Upgrade::Refused { status, problem } => {
            assert_eq!(problem["code"], "request.origin_refused", "{origin}");
            status
        }
    })
}

/// The status that an upgrade is answered with whose lines are these besides those it needs.
async fn status_of_lines(base: &str, lines: &str) -> anyhow::Result<String> {
    let host = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await?;
    let request = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    timeout(PATIENCE, stream.read_exact(&mut status)).await??;
    Ok(String::from_utf8_lossy(&status).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pages_of_the_own_host_open_a_socket() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let base = bystanders.base();
    let host = base.trim_start_matches("http://");
    assert_eq!(status_for(&base, &base).await?, 101);
    assert_eq!(status_for(&base, &format!("https://{host}")).await?, 101);
    for foreign in [
        "http://evil.test",
        "null",
        "",
        "http://127.0.0.1",
        "http://localhost:3000",
        "file://",
        &format!("{base}.evil.test"),
        &format!("{base}0"),
        &format!("http://evil{host}"),
        &format!("http://evil.test/{host}"),
        &format!("http://{host}@evil.test"),
        &format!("{base}/"),
        &format!("{base} http://evil.test"),
        &format!("ws://{host}"),
    ] {
        assert_eq!(status_for(&base, foreign).await?, 403, "{foreign}");
    }
    let twice = format!("Origin: {base}\r\nOrigin: http://evil.test\r\n");
    assert_eq!(status_of_lines(&base, &twice).await?, "HTTP/1.1 403");
    let twice_the_same = format!("Origin: {base}\r\nOrigin: {base}\r\n");
    assert_eq!(status_of_lines(&base, &twice_the_same).await?, "HTTP/1.1 403");
    assert_eq!(status_of_lines(&base, "").await?, "HTTP/1.1 101");
    bystanders.assert_unharmed().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_listed_pages_open_a_socket_where_there_is_a_list() -> anyhow::Result<()> {
    let listed = "https://chat.example.org";
    let settings = Bystanders::settings().env("KABAR__HTTP__WS_ORIGINS", listed);
    let server = settings.start().await?;
    let base = server.base();
    assert_eq!(status_for(&base, listed).await?, 101);
    for foreign in [
        base.as_str(),
        "null",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://chat.example.org.evil.test",
        "https://evilchat.example.org",
        "https://example.org",
        "https://CHAT.example.org/",
    ] {
        assert_eq!(status_for(&base, foreign).await?, 403, "{foreign}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_upgrade_is_answered_over_http() -> anyhow::Result<()> {
    let mut bystanders = Bystanders::start(Bystanders::settings()).await?;
    let http = bystanders.attacker.http.clone();
    for client in [http.clone(), http.anonymous()] {
        let plain = client.get("/v1/ws").await?;
        assert_eq!((plain.status, plain.code()), (426, "request.upgrade_required"));
        assert_eq!(plain.header("upgrade"), "websocket", "RFC 9110 §15.5.22");
        assert_eq!(plain.header("content-type"), "application/problem+json");
    }
    let old = http.request(Method::GET, "/v1/ws").header("connection", "upgrade");
    let old = old.header("upgrade", "websocket").header("sec-websocket-version", "8");
    let old = http.send(old.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")).await?;
    assert_eq!((old.status, old.header("sec-websocket-version")), (426, "13"), "RFC 6455 §4.4");

    for query in ["?token=secret", "?ticket=x", "?x"] {
        let refused = http.get(&format!("/v1/ws{query}")).await?;
        assert_eq!((refused.status, refused.code()), (422, "request.invalid"), "{query}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let refused = http.send(http.request(method.clone(), "/v1/ws").json(&json!({}))).await?;
        assert_eq!((refused.status, refused.code()), (405, "request.method_not_allowed"));
        assert_eq!(refused.header("allow"), "GET", "{method}");
    }
    let secret = bystanders.server.lines().into_iter().find(|line| line.contains("secret"));
    assert_eq!(secret, None, "what stands in an address is not logged");
    bystanders.assert_unharmed().await
}
