//! The process of a server, with a stand-in for the server: this test program itself.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use kabar_testkit::{PATIENCE, eventually, server_process::ServerSettings};

/// Not a test of its own: the stand-in, which answers 200 to everything.
#[test]
fn stand_in_for_the_server() {
    let Ok(port) = std::env::var("KABAR__HTTP__PORT") else { return };
    eprintln!("listening, data in {}", std::env::var("KABAR__DATA_DIR").unwrap());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut head = [0; 4096];
        let _read = stream.read(&mut head).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer).unwrap();
    }
}

fn stand_in() -> anyhow::Result<ServerSettings> {
    let binary = std::env::current_exe()?;
    let arguments = ["--exact", "stand_in_for_the_server", "--nocapture"];
    Ok(arguments.iter().fold(ServerSettings::new(binary), ServerSettings::arg))
}

#[tokio::test]
async fn a_server_is_killed_and_started_again_in_the_same_place() -> anyhow::Result<()> {
    let mut server = stand_in()?.start().await?;
    let (base, pid) = (server.base(), server.pid());
    server.wait_for_line("listening, data in").await?;
    server.kill9().await?;
    assert!(server.http().get("/").await.is_err());
    server.start_again().await?;
    assert_eq!(server.base(), base);
    assert_ne!(server.pid(), pid);
    assert_eq!(server.http().get("/").await?.status, 200);
    let said = || server.lines().iter().filter(|line| line.contains("listening")).count();
    eventually("both runs are heard", PATIENCE, async || said() == 2).await
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_is_waited_for() -> anyhow::Result<()> {
    let mut server = stand_in()?.start().await?;
    assert!(server.wait(Duration::from_millis(20)).await.is_err());
    server.terminate().await?;
    assert!(!server.wait(PATIENCE).await?.success());
    Ok(())
}

#[tokio::test]
async fn a_server_ends_with_its_value() -> anyhow::Result<()> {
    let server = stand_in()?.start().await?;
    let http = server.http();
    drop(server);
    eventually("nobody answers", PATIENCE, async || http.get("/").await.is_err()).await
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let binary = folder.path().join("kabar");
    fs::write(&binary, "#!/bin/sh\necho 'http.prot is no setting' >&2\nexit 2\n")?;
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755))?;
    let error = ServerSettings::new(&binary).start().await.unwrap_err();
    assert!(format!("{error:#}").contains("http.prot is no setting"), "{error:#}");
    Ok(())
}
