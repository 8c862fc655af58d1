//! The real server as a process of its own, to be killed and started again.

use std::{
    env,
    ffi::{OsStr, OsString},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{PATIENCE, client::HttpClient, eventually};

/// How often another port is tried when somebody else took the one that was free a moment ago.
const PORT_TRIES: usize = 5;

/// Kills the process `$1` when the standard input ends, that is when the test process is gone.
const WATCHDOG: &str = r#"while read -r _; do :; done; kill -9 "$1" 2>/dev/null"#;

/// How a server shall be started.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    binary: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl ServerSettings {
    /// A server with SQLite, in a folder of its own, on a free port of 127.0.0.1, without rate
    /// limits, which would meet tests that are not about them. The binary is the caller's
    /// `env!("CARGO_BIN_EXE_kabar")`.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self { binary: binary.into(), arguments: Vec::new(), environment: Vec::new(), folder: None }
            .env("KABAR__RATE_LIMITS__ENABLED", "false")
    }

    /// Adds an argument to the command line.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Sets a variable of the server's environment, which else holds nothing of Kabar's.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets `DATABASE_URL`.
    #[must_use]
    pub fn database_url(self, url: &str) -> Self {
        self.env("DATABASE_URL", url)
    }

    /// Uses a folder of the caller's for the server's data, instead of one that ends with it.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    /// It ends or is not ready within [`PATIENCE`]; the message holds what it said.
    pub async fn start(self) -> anyhow::Result<ServerProcess> {
        let temporary = match &self.folder {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("failed to make a data folder")?),
        };
        let folder = match (&self.folder, &temporary) {
            (Some(folder), _) => folder.clone(),
            (None, Some(temporary)) => temporary.path().join("data"),
            (None, None) => bail!("a server without a data folder"),
        };
        for attempt in 1.. {
            let port = free_port()?;
            let running = Running::start(&self, &folder, port)?;
            let mut server = ServerProcess {
                settings: self.clone(),
                folder: folder.clone(),
                temporary: None,
                port,
                running,
            };
            match server.until_ready().await {
                Ok(()) => {
                    server.temporary = temporary;
                    return Ok(server);
                }
                Err(error) => {
                    let lines = server.lines().join("\n");
                    let taken = lines.contains("in use") || lines.contains("AddrInUse");
                    if !taken || attempt == PORT_TRIES {
                        return Err(error.context(format!("the server said:\n{lines}")));
                    }
                }
            }
        }
        bail!("no port could be had")
    }
}

/// A server that runs, or ran. Killed when this value is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    settings: ServerSettings,
    folder: PathBuf,
    temporary: Option<TempDir>,
    port: u16,
    running: Running,
}

impl ServerProcess {
    /// The server's URL, `http://127.0.0.1:<port>`; the same after a restart.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of it that is nobody.
    pub fn http(&self) -> HttpClient {
        HttpClient::new(self.base())
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.folder
    }

    /// Its process id; 0 once it has ended and that was noticed.
    pub fn pid(&self) -> u32 {
        self.running.child.id().unwrap_or(0)
    }

    /// What it wrote to its standard output and error so far, line by line, over all its runs.
    pub fn lines(&self) -> Vec<String> {
        lock(&self.running.lines).clone()
    }

    /// Waits for a line that contains this; answers the line.
    ///
    /// # Errors
    /// None comes within [`PATIENCE`].
    pub async fn wait_for_line(&self, part: &str) -> anyhow::Result<String> {
        let find = || lock(&self.running.lines).iter().find(|line| line.contains(part)).cloned();
        eventually(&format!("the line {part:?}"), PATIENCE, async || find().is_some()).await?;
        find().context("a line that was there is gone")
    }

    /// Ends it as a power failure would (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        self.running.child.kill().await.context("failed to kill the server")?;
        self.running.dismiss_watchdog();
        Ok(())
    }

    /// Asks it to end (SIGTERM). Does not wait: see [`ServerProcess::wait`].
    ///
    /// # Errors
    /// It is not running.
    pub async fn terminate(&self) -> anyhow::Result<()> {
        self.signal("TERM").await
    }

    /// Sends it a signal by name, such as `STOP`.
    ///
    /// # Errors
    /// It is not running.
    pub async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let pid = self.running.child.id().context("the server is not running")?;
        let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().await?;
        if sent.success() { Ok(()) } else { bail!("failed to send {name} to the server") }
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// It has not within that time.
    pub async fn wait(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        let ended = timeout(within, self.running.child.wait()).await;
        let status = ended.with_context(|| format!("the server still runs after {within:?}"))??;
        self.running.dismiss_watchdog();
        Ok(status)
    }

    /// Starts it again, on the same port and folder and with the same settings, and waits until it
    /// is ready. What it wrote before is kept.
    ///
    /// # Errors
    /// It still runs, or does not become ready.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        if self.running.child.try_wait()?.is_none() {
            bail!("the server still runs");
        }
        let lines = Arc::clone(&self.running.lines);
        self.running = Running::start_with(&self.settings, &self.folder, self.port, lines)?;
        let ready = self.until_ready().await;
        ready.with_context(|| format!("the server said:\n{}", self.lines().join("\n")))
    }

    async fn until_ready(&self) -> anyhow::Result<()> {
        let http = self.http();
        let ended = &self.running.ended;
        eventually("/health/ready answers 200", PATIENCE, async || {
            let ready = http.get("/health/ready").await.is_ok_and(|answer| answer.status == 200);
            ready || *lock(ended)
        })
        .await?;
        if *lock(ended) { bail!("the server ended before it was ready") } else { Ok(()) }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Before its folder goes. An error means that it is gone already.
        let _gone = self.running.child.start_kill();
        drop(self.temporary.take());
    }
}

/// One run of the server.
#[derive(Debug)]
struct Running {
    child: Child,
    /// Kills the server when the test process is gone; itself killed with this value.
    watchdog: Child,
    lines: Arc<Mutex<Vec<String>>>,
    /// Whether the server has closed its standard error, which it does at its end only.
    ended: Arc<Mutex<bool>>,
}

impl Running {
    /// Ends the watchdog of a server that is gone: its process id may become somebody else's.
    fn dismiss_watchdog(&mut self) {
        // An error means that it is gone already.
        let _gone = self.watchdog.start_kill();
    }

    fn start(settings: &ServerSettings, folder: &Path, port: u16) -> anyhow::Result<Self> {
        Self::start_with(settings, folder, port, Arc::default())
    }

    fn start_with(
        settings: &ServerSettings,
        folder: &Path,
        port: u16,
        lines: Arc<Mutex<Vec<String>>>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(&settings.binary);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("KABAR_") || text == "DATABASE_URL" || text == "RUST_LOG" {
                command.env_remove(&name);
            }
        }
        // A kabar.toml that lies where the tests run is not the test's.
        let around = folder.parent().unwrap_or(folder);
        command
            .args(&settings.arguments)
            .current_dir(around)
            .env("KABAR__HTTP__HOST", "127.0.0.1")
            .env("KABAR__HTTP__PORT", port.to_string())
            .env("KABAR__DATA_DIR", folder)
            .envs(settings.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .with_context(|| format!("failed to start {}", settings.binary.display()))?;
        let pid = child.id().context("the server has no process id")?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "kabar-test-watchdog", &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("failed to start the watchdog of the server")?;
        let ended = Arc::new(Mutex::new(false));
        if let Some(output) = child.stdout.take() {
            let lines = Arc::clone(&lines);
            tokio::spawn(async move { collect(BufReader::new(output), &lines).await });
        }
        if let Some(output) = child.stderr.take() {
            let (lines, ended) = (Arc::clone(&lines), Arc::clone(&ended));
            tokio::spawn(async move {
                collect(BufReader::new(output), &lines).await;
                *lock(&ended) = true;
            });
        }
        Ok(Self { child, watchdog, lines, ended })
    }
}

async fn collect(output: impl tokio::io::AsyncBufRead + Unpin, into: &Mutex<Vec<String>>) {
    let mut output = output.lines();
    while let Ok(Some(line)) = output.next_line().await {
        lock(into).push(line);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A port that is free now. Somebody else may take it before the server does.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("failed to find a free port")?;
    Ok(listener.local_addr()?.port())
}
