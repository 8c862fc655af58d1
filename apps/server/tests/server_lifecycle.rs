//! From the first start to an end in order, with the real server on a port of its own.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use kabar_server::{
    config::Config,
    serve::{ServeError, listen, serve},
    wiring::{Migrate, Services},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// How long anything may take before the test fails.
const SOON: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
}

fn start(folder: &Path, configure: impl FnOnce(&mut Config)) -> Server {
    let mut config = Config::default();
    config.base.data_dir = folder.join("data");
    config.http.workers = 1;
    configure(&mut config);
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(serve(config, listener, async {
        let _ = stopped.await;
    }));
    Server { address, stop, running }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        timeout(SOON, TcpStream::connect(self.address)).await.unwrap().unwrap()
    }

    /// The answer to a request on a connection that is closed after it.
    async fn get(&self, path: &str) -> String {
        let mut connection = self.connect().await;
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        rest(&mut connection).await
    }

    async fn end(self) -> Result<(), ServeError> {
        self.stop.send(()).unwrap();
        timeout(SOON, self.running).await.unwrap().unwrap()
    }
}

/// What comes until the connection is closed.
async fn rest(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(SOON, connection.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_first_start_makes_all_it_needs_for_its_owner_only() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), |_| {});
    assert!(server.get("/health/live").await.starts_with("HTTP/1.1 200"));
    assert!(server.get("/health/ready").await.starts_with("HTTP/1.1 200"));
    assert!(server.get("/.well-known/jwks.json").await.contains("Ed25519"));
    let mode = |path: &str| {
        let metadata = std::fs::metadata(folder.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("data/keys"), 0o700);
    assert_eq!(mode("data/kabar.db"), 0o600);
    assert!(folder.path().join("data/kabar.db").is_file());
    for key in std::fs::read_dir(folder.path().join("data/keys")).unwrap() {
        assert_eq!(key.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    server.end().await.unwrap();
}

#[tokio::test]
async fn a_second_start_finds_the_same_keys() {
    let folder = TempDir::new().unwrap();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let server = start(folder.path(), |_| {});
        let answer = server.get("/.well-known/jwks.json").await;
        keys.push(answer.split("\r\n\r\n").nth(1).unwrap().to_owned());
        server.end().await.unwrap();
    }
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_server_ends() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), |_| {});
    let mut connection = server.connect().await;
    let head = "POST /v1/auth/refresh HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                content-length: 21\r\nexpect: 100-continue\r\n\r\n";
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut ready = [0; 25];
    timeout(SOON, connection.read_exact(&mut ready)).await.unwrap().unwrap();
    assert!(ready.starts_with(b"HTTP/1.1 100 Continue"), "the server works on the request");

    let address = server.address;
    server.stop.send(()).unwrap();
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, refused).await.expect("no further connection is taken");
    connection.write_all(b"{\"refresh_token\":\"x\"}").await.unwrap();
    let answer = rest(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    timeout(SOON, server.running).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_does_not_finish_is_cut_off_at_the_deadline() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), |config| {
        config.drain.timeout = Duration::from_secs(3);
        config.drain.socket_spread = Duration::ZERO;
    });
    let mut connection = server.connect().await;
    connection
        .write_all(b"POST /v1/auth/refresh HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{")
        .await
        .unwrap();
    assert!(server.get("/health/live").await.starts_with("HTTP/1.1 200"));
    let began = std::time::Instant::now();
    let ended = server.end().await;
    assert!(matches!(ended, Err(ServeError::Unfinished(_))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn two_servers_cannot_have_one_address() {
    let first = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    assert!(listen(first.local_addr().unwrap()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_never_migrated_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let mut config = Config::default();
    config.base.data_dir = folder.path().join("data");
    let refused = Services::start(&config, Migrate::ByHand).await.err().unwrap();
    assert!(refused.to_string().contains("kabar migrate"), "{refused}");

    Services::start(&config, Migrate::AtStart).await.unwrap().close().await.unwrap();
    let services = Services::start(&config, Migrate::ByHand).await.unwrap();
    services.close().await.unwrap();
}
