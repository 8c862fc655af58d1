//! A server under attack, and two people who talk over it meanwhile.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use kabar_testkit::{
    PATIENCE,
    client::{Account, WsClient},
    eventually,
    server_process::{ServerProcess, ServerSettings},
};

use crate::server::{assert_lives, device};

/// What an attack may leave behind in the server's memory.
const LEFT_BEHIND: u64 = 20 * 1024 * 1024;

/// The real server in a process of its own, whose memory can be measured.
pub(crate) struct Bystanders {
    pub(crate) server: ServerProcess,
    /// Who attacks.
    pub(crate) attacker: Account,
    ayu: (Account, WsClient),
    budi: WsClient,
    chat: String,
    said: u64,
    /// The server's memory before the attack.
    before: u64,
}

impl Bystanders {
    /// A server with these settings, warm: what it needs once, it has.
    pub(crate) async fn start(settings: ServerSettings) -> anyhow::Result<Self> {
        let server = settings.start().await?;
        let http = server.http();
        let (attacker, ayu) = (http.register("attacker").await?, http.register("ayu").await?);
        let budi = http.register("budi").await?;
        // Password hashes keep their work areas, one for each processor.
        let log_ins = (0..4).map(|_| {
            let http = http.clone();
            tokio::spawn(async move { http.log_in("attacker").await })
        });
        for log_in in log_ins.collect::<Vec<_>>() {
            log_in.await??;
        }
        for _ in 0..20 {
            assert_lives(&device(&attacker).await?).await?;
        }
        let chat = ayu.http.open_direct(&budi.id).await?;
        let (ayu_socket, budi) = (device(&ayu).await?, device(&budi).await?);
        let mut bystanders =
            Self { server, attacker, ayu: (ayu, ayu_socket), budi, chat, said: 0, before: 0 };
        for _ in 0..20 {
            bystanders.talk().await?;
        }
        bystanders.before = bystanders.memory()?;
        Ok(bystanders)
    }

    /// The binary that was built with these tests.
    pub(crate) fn settings() -> ServerSettings {
        ServerSettings::new(env!("CARGO_BIN_EXE_kabar"))
    }

    pub(crate) fn base(&self) -> String {
        self.server.base()
    }

    /// One of the two says something; answers after how long the other has it.
    pub(crate) async fn talk(&mut self) -> anyhow::Result<Duration> {
        self.said += 1;
        let began = Instant::now();
        let client_id = format!("talk-{}", self.said);
        self.ayu.1.send_message_to(&self.chat, &client_id, "Did you hear that?").await?;
        self.budi.wait_for_entry(&self.chat, self.said).await?;
        Ok(began.elapsed())
    }

    /// After how long half of the messages arrive.
    pub(crate) async fn median_of_talk(&mut self, messages: usize) -> anyhow::Result<Duration> {
        let mut delays = Vec::new();
        for _ in 0..messages {
            delays.push(self.talk().await?);
        }
        delays.sort();
        delays.get(messages / 2).copied().context("no messages")
    }

    /// The server's resident memory in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kib.context("a process has memory")?.trim().parse::<u64>()? * 1024)
    }

    /// How much more memory the server has than before the attack.
    pub(crate) fn growth(&self) -> anyhow::Result<u64> {
        Ok(self.memory()?.saturating_sub(self.before))
    }

    /// Checks that the attack did no harm: the two go on talking and have everything they said, new
    /// sockets open, nothing went wrong inside, and the memory is as before.
    pub(crate) async fn assert_unharmed(&mut self) -> anyhow::Result<()> {
        self.talk().await?;
        assert_lives(&device(&self.ayu.0).await?).await?;
        assert_eq!(self.budi.verify_gapless()?.head(&self.chat), self.said);
        for line in self.server.lines() {
            ensure!(!line.contains("panicked") && !line.contains("ERROR"), "it said: {line}");
        }
        let mut growth = 0;
        let flat = eventually("the memory is as before", PATIENCE, async || {
            // What is freed is given back while the server works.
            growth = self.talk().await.and_then(|_| self.growth()).unwrap_or(u64::MAX);
            growth < LEFT_BEHIND
        });
        let flat = flat.await;
        flat.with_context(|| format!("{growth} bytes more than {}", self.before))
    }
}
