//! A PostgreSQL server of the test process's own.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use anyhow::{Context as _, ensure};
use tokio::{sync::OnceCell, task};

use super::binaries::{Account, find};

/// How often another port is tried when somebody else took the one that was free a moment ago.
const PORT_TRIES: usize = 5;

/// Waits for its standard input to end, which it does when the process that holds the other end of
/// the pipe is gone, however it went; then stops the server and removes the folder.
/// `$1` is the folder, `$2` the folder of the programs.
const WATCHDOG: &str = r#"
while read -r _; do :; done
"$2/pg_ctl" stop --silent --mode=immediate --timeout=20 --pgdata="$1/cluster" >/dev/null 2>&1
rm -rf "$1"
"#;

/// Settings of every test server. Commits do not wait for the disk: a test server that loses power
/// is of no use to anybody, and what the tests kill is Kabar, not PostgreSQL.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 400
shared_buffers = 64MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
";
const VOLATILE: &str = "
fsync = off
full_page_writes = off
";

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does not: fast; what is committed survives the end of the server's clients only.
    Volatile,
    /// It does, as in production.
    Durable,
}

/// A PostgreSQL server in a temporary folder, on a free port of 127.0.0.1, with 400 connections and
/// no password. It is stopped and its folder removed when this value is dropped or the process
/// ends, whichever comes first; `kill -9` of the process included.
#[derive(Debug)]
pub struct Cluster {
    port: u16,
    pub(super) template: OnceCell<()>,
    watchdog: Mutex<Child>,
}

impl Cluster {
    /// Makes and starts a server; takes 1 to 2 s.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start; the message says what to install, or holds
    /// what the server said.
    pub async fn start(durability: Durability) -> anyhow::Result<Self> {
        task::spawn_blocking(move || Self::start_blocking(durability))
            .await
            .context("the start of PostgreSQL was cut off")?
    }

    /// The URL of a database in this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://kabar@127.0.0.1:{}/{database}", self.port)
    }

    fn start_blocking(durability: Durability) -> anyhow::Result<Self> {
        let programs = find()?;
        let account = Account::choose()?;
        let folder = tempfile::Builder::new()
            .prefix("kabar-pg-")
            .tempdir()
            .context("failed to make a folder for PostgreSQL")?
            .keep();
        account.own(&folder)?;
        // Before anything else: from here on somebody removes the folder, whatever happens.
        let watchdog = Mutex::new(watch(&folder, &programs, account)?);
        let mut cluster = Self { port: 0, template: OnceCell::new(), watchdog };

        let data = folder.join("cluster");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args(["--username=kabar", "--auth=trust", "--no-sync", "--no-instructions"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8"])
            .arg("--pgdata")
            .arg(&data);
        run(&mut initdb, &folder, account)?;
        let mut settings = format!("{SETTINGS}unix_socket_directories = '{}'\n", folder.display());
        if durability == Durability::Volatile {
            settings.push_str(VOLATILE);
        }
        let file = data.join("postgresql.auto.conf");
        fs::write(&file, settings).context("failed to write the settings of PostgreSQL")?;

        for attempt in 1.. {
            cluster.port = free_port()?;
            let log = folder.join(format!("log-{attempt}"));
            let mut start = Command::new(programs.join("pg_ctl"));
            start
                .args(["start", "--wait", "--silent", "--timeout=60"])
                .arg(format!("--options=-p {}", cluster.port))
                .arg("--log")
                .arg(&log)
                .arg("--pgdata")
                .arg(&data);
            match run(&mut start, &folder, account) {
                Ok(()) => break,
                Err(error) => {
                    let said = fs::read_to_string(&log).unwrap_or_default();
                    let port_taken = said.contains("Address already in use");
                    ensure!(port_taken && attempt < PORT_TRIES, "{error:#}: {said}");
                }
            }
        }
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let watchdog = match self.watchdog.get_mut() {
            Ok(watchdog) => watchdog,
            Err(poisoned) => poisoned.into_inner(),
        };
        drop(watchdog.stdin.take());
        if let Err(error) = watchdog.wait() {
            eprintln!("the end of a test PostgreSQL could not be awaited: {error}");
        }
    }
}

/// Starts the watchdog, in a process group of its own: a Ctrl-C that ends the tests must not end
/// what cleans up after them.
fn watch(folder: &Path, programs: &Path, account: Account) -> anyhow::Result<Child> {
    let mut command = Command::new("sh");
    command
        .args(["-c", WATCHDOG, "kabar-test-watchdog"])
        .arg(folder)
        .arg(programs)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    account.run(&mut command);
    command.spawn().context("failed to start the watchdog of PostgreSQL")
}

/// Runs a program to its end. Its output goes to a file and not to a pipe, which the server would
/// inherit and hold open for as long as it lives.
fn run(command: &mut Command, folder: &Path, account: Account) -> anyhow::Result<()> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_owned();
    let file: PathBuf = folder.join(&name).with_extension("out");
    let output = fs::File::create(&file).context("failed to make a file for a program's output")?;
    account.run(command);
    let status = command
        .env("LC_ALL", "C.UTF-8")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .with_context(|| format!("failed to run {}", name.display()))?;
    let said = fs::read_to_string(&file).unwrap_or_default();
    ensure!(status.success(), "{} failed: {}", name.display(), said.trim());
    Ok(())
}

/// A port that is free now. Somebody else may take it before PostgreSQL does.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("failed to find a free port")?;
    Ok(listener.local_addr()?.port())
}
