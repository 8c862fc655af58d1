//! What the operator may decide: defaults in code, `kabar.toml` over them, the environment over that,
//! the command line last.
//!
//! Each setting is declared once, with its default, bounds and description; `docs/CONFIGURATION.md`
//! is made of the declarations. Everything that is wrong is reported at once.

mod check;
mod declare;
mod reader;
mod reference;
mod setting;
mod sources;
mod values;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    thread,
    time::Duration,
};

use declare::section;
use reader::Reader;

pub use self::{
    reference::reference,
    setting::ByteSize,
    sources::Sources,
    values::{AddressRange, DatabaseUrl, InvalidDatabaseUrl, LogFormat, LogLevel, Origin},
};

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

const fn days(number: u64) -> Duration {
    Duration::from_secs(number * 24 * 60 * 60)
}

section! {
    /// What stands outside of any section.
    BaseConfig, "";
    /// The folder for everything the server keeps itself: keys, the SQLite database, media. Made with
    /// access for its owner only when it is missing.
    data_dir: PathBuf = PathBuf::from("./data");
}

section! {
    /// The listener for clients.
    HttpConfig, "http";
    /// The address to listen on. The default is reached from this machine only; 0.0.0.0 or :: opens it.
    host: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    /// The port to listen on; 0 takes any free one.
    port: u16 = 3000;
    /// Threads that answer requests; 0 is one for each processor.
    workers: usize = 0 => 0, 1024;
    /// The largest body of a request.
    max_body: ByteSize = ByteSize::kib(64) => ByteSize::kib(20), ByteSize::kib(16 * 1024);
    /// Open connections, sockets included, at most; further ones wait to be accepted.
    max_connections: usize = 100_000 => 16, 10_000_000;
    /// Requests worked on at once, at most; further ones are answered 503 at once.
    max_in_flight: usize = 1024 => 1, 1_000_000;
    /// Proxies whose `X-Forwarded-For` is believed when it names the client's address.
    trusted_proxies: Vec<AddressRange> = Vec::new();
    /// Origins of other hosts whose pages may use the HTTP API, each exact (CORS).
    cors_origins: Vec<Origin> = Vec::new();
    /// Origins whose pages may open a WebSocket, each exact. With none, pages of the same host may.
    ws_origins: Vec<Origin> = Vec::new();
    /// Whether to tell browsers to come by TLS only (`Strict-Transport-Security`, one year). For
    /// servers that are reached by TLS only.
    hsts: bool = false;
}

section! {
    /// Prometheus metrics.
    MetricsConfig, "metrics";
    /// The address to offer `/metrics` on, as in 127.0.0.1:9464; without it there are none. Never
    /// open it to clients.
    bind: Option<SocketAddr> = None;
}

section! {
    /// The database.
    DatabaseConfig, "database";
    /// Where it is: postgres://user:password@host/name or sqlite://path?mode=rwc. Without it, a SQLite
    /// file in the data folder. `DATABASE_URL` sets it as well.
    url: Option<DatabaseUrl> = None;
    /// Connections to PostgreSQL at most; more than there are lanes.
    max_connections: u32 = 16 => 2, 1000;
    /// Connections that read from the SQLite file, beside the one that writes.
    readers: u32 = 4 => 1, 64;
    /// How many batches of messages are written to PostgreSQL side by side, split by conversation.
    /// SQLite has one writer.
    lanes: u16 = 2 => 1, 8;
    /// Messages that may wait to be written in each lane; further ones are answered 503.
    append_queue: usize = 4096 => 1, 1_000_000;
}

section! {
    /// Sessions and their tokens.
    AuthConfig, "auth";
    /// Who issues the access tokens (`iss`).
    issuer: String = "kabar".to_owned();
    /// Whom they are for (`aud`).
    audience: String = "kabar".to_owned();
    /// How long an access token is good.
    access_ttl: Duration = seconds(600) => seconds(30), days(1);
    /// After how long without a refresh a session ends.
    refresh_idle: Duration = days(30) => seconds(60), days(365);
    /// After how long a session ends whatever happens.
    refresh_absolute: Duration = days(90) => seconds(60), days(3650);
    /// How long after its use a refresh token is answered with the same successor again, for clients
    /// that lost the answer.
    refresh_grace: Duration = seconds(10) => Duration::ZERO, seconds(60);
}

section! {
    /// Password hashing (argon2id). The defaults are the least that OWASP recommends; a stronger
    /// setting applies to every account at its next login.
    PasswordConfig, "password";
    /// Memory for each hash in KiB.
    memory_kib: u32 = 19_456 => 19_456, 4_194_304;
    /// Passes over it.
    iterations: u32 = 2 => 2, 100;
    /// Lanes of each hash.
    parallelism: u32 = 1 => 1, 16;
    /// Hashes that may wait for a processor; further ones are answered 503.
    queue: usize = 256 => 1, 100_000;
}

section! {
    /// How often somebody may do something. Each limit is a bucket that starts full (`burst`) and
    /// refills at a steady rate; what does not fit is answered 429 with `Retry-After`.
    RateLimitsConfig, "rate_limits";
    /// Whether there are limits at all. Switch them off for a load test only.
    enabled: bool = true;
    /// Messages a user may send in a second.
    send_per_second: u32 = 10 => 1, 1_000_000;
    /// Messages a user may send at once.
    send_burst: u32 = 30 => 1, 1_000_000;
    /// Changes a user may make in a second: of messages (edits, deletions, reactions, pins) and of their
    /// own settings.
    change_per_second: u32 = 10 => 1, 1_000_000;
    /// Changes a user may make at once.
    change_burst: u32 = 50 => 1, 1_000_000;
    /// Searches and looks at who is there that a user may make in a second.
    search_per_second: u32 = 5 => 1, 1_000_000;
    /// Searches and looks at who is there that a user may make at once.
    search_burst: u32 = 20 => 1, 1_000_000;
    /// Accounts that may be registered from an address in a minute.
    register_per_minute: u32 = 30 => 1, 1_000_000;
    /// Accounts that may be registered from an address at once.
    register_burst: u32 = 60 => 1, 1_000_000;
    /// Tries to log in to one account from one address in a minute.
    login_account_per_minute: u32 = 10 => 1, 1_000_000;
    /// Tries to log in to one account from one address at once.
    login_account_burst: u32 = 10 => 1, 1_000_000;
    /// Tries to log in from one address, whatever the account, in a minute.
    login_address_per_minute: u32 = 60 => 1, 1_000_000;
    /// Tries to log in from one address, whatever the account, at once.
    login_address_burst: u32 = 60 => 1, 1_000_000;
    /// Exchanges of refresh tokens from an address in a minute.
    refresh_per_minute: u32 = 60 => 1, 1_000_000;
    /// Exchanges of refresh tokens from an address at once.
    refresh_burst: u32 = 60 => 1, 1_000_000;
    /// Frames a WebSocket connection may send in a second.
    frames_per_second: u32 = 50 => 1, 1_000_000;
    /// Frames a WebSocket connection may send at once.
    frames_burst: u32 = 200 => 1, 1_000_000;
}

section! {
    /// WebSocket connections.
    WsConfig, "ws";
    /// The largest frame, and the largest message of several frames, a client may send.
    max_frame: ByteSize = ByteSize::kib(64) => ByteSize::kib(20), ByteSize::kib(16 * 1024);
    /// How long a connection may take to say who it is.
    auth_timeout: Duration = seconds(5) => seconds(1), seconds(60);
    /// How often the server pings.
    heartbeat: Duration = seconds(25) => seconds(1), seconds(300);
    /// After how long without any frame a connection counts as dead.
    idle_timeout: Duration = seconds(60) => seconds(2), seconds(600);
    /// Events that may wait for a slow reader before it is cut off.
    queue_events: usize = 256 => 16, 65_536;
    /// Bytes that may wait for a slow reader before it is cut off.
    queue_bytes: ByteSize = ByteSize::kib(1024) => ByteSize::kib(64), ByteSize::kib(64 * 1024);
    /// Open connections at most; further ones are answered 503.
    max_connections: usize = 50_000 => 1, 10_000_000;
}

section! {
    /// Messages.
    MessageConfig, "message";
    /// The longest text of a message.
    max_bytes: ByteSize = ByteSize::kib(16) => ByteSize::new(1), ByteSize::kib(16);
}

section! {
    /// Conversations.
    ChatConfig, "chat";
    /// How long after its posting a message may be edited.
    edit_window: Duration = days(1) => Duration::ZERO, days(3650);
    /// Members of the largest group in which members see how far the others have received and read;
    /// 0 shows it in direct conversations only.
    receipts_max_members: u32 = 50 => 0, 500;
}

section! {
    /// Who is there.
    PresenceConfig, "presence";
    /// Whether users see who of those they share a conversation with is there, and when they last were.
    /// Without, nobody ever is, and nothing is noted.
    enabled: bool = true;
}

section! {
    /// Who is typing.
    TypingConfig, "typing";
    /// Whether users see it.
    enabled: bool = true;
    /// Devices that may be connected to a conversation, of all its members; while there are more, nobody
    /// is shown typing in it.
    max_devices: usize = 200 => 2, 100_000;
}

section! {
    /// Groups.
    GroupsConfig, "groups";
    /// Members a group may have at most.
    max_members: u32 = 10_000 => 2, 1_000_000;
}

section! {
    /// The end of the server (SIGTERM, SIGINT).
    DrainConfig, "drain";
    /// How long it may take until the process is gone, whatever is still open.
    timeout: Duration = seconds(30) => seconds(1), seconds(600);
    /// Over how long the closing of the sockets is spread, so that not everybody comes back at once.
    socket_spread: Duration = seconds(3) => Duration::ZERO, seconds(300);
}

section! {
    /// The log, on standard error.
    LogConfig, "log";
    /// How it is written: pretty, json, or by whether somebody is looking (auto).
    format: LogFormat = LogFormat::Auto;
    /// What is logged.
    level: LogLevel = LogLevel::default();
}

macro_rules! sections {
    ($($field:ident: $section:ident,)+) => {
        /// Everything the operator may decide.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Config {
            $(
                #[doc = concat!("See [`", stringify!($section), "`].")]
                pub $field: $section,
            )+
        }

        impl Config {
            fn read(reader: &mut Reader) -> Self {
                Self { $($field: $section::read(reader),)+ }
            }

            /// Every setting by name with its value as it would be written, secrets masked.
            pub fn shown(&self) -> Vec<(String, String)> {
                let mut shown = Vec::new();
                $(shown.extend(self.$field.shown());)+
                shown
            }
        }

        fn declared() -> Vec<declare::DeclaredSection> {
            vec![$($section::declared(),)+]
        }
    };
}

sections! {
    base: BaseConfig,
    http: HttpConfig,
    metrics: MetricsConfig,
    database: DatabaseConfig,
    auth: AuthConfig,
    password: PasswordConfig,
    rate_limits: RateLimitsConfig,
    ws: WsConfig,
    message: MessageConfig,
    chat: ChatConfig,
    presence: PresenceConfig,
    typing: TypingConfig,
    groups: GroupsConfig,
    drain: DrainConfig,
    log: LogConfig,
}

/// The configuration is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong:\n{}", .flaws.iter().map(|flaw| format!("  - {flaw}")).collect::<Vec<_>>().join("\n"))]
pub struct InvalidConfig {
    /// Everything that is wrong, each a sentence about a setting by name.
    pub flaws: Vec<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong in it, at once.
    pub fn load(sources: &Sources) -> Result<Self, InvalidConfig> {
        let mut reader = Reader::new(sources);
        let mut config = Self::read(&mut reader);
        if let Some(listen) = sources.listen {
            config.http.host = listen.ip();
            config.http.port = listen.port();
        }
        check::contradictions(&config).into_iter().for_each(|flaw| reader.note(flaw));
        let flaws = reader.finish();
        if flaws.is_empty() { Ok(config) } else { Err(InvalidConfig { flaws }) }
    }

    /// What is allowed and still unwise, each a sentence about a setting by name.
    pub fn weaknesses(&self) -> Vec<String> {
        check::weaknesses(self)
    }

    /// Where the server listens.
    pub const fn listen(&self) -> SocketAddr {
        SocketAddr::new(self.http.host, self.http.port)
    }

    /// How many threads answer requests.
    pub fn worker_count(&self) -> usize {
        match self.http.workers {
            0 => thread::available_parallelism().map_or(1, NonZeroUsize::get),
            workers => workers,
        }
    }

    /// The database's address: the configured one, or a SQLite file in the data folder.
    pub fn database_url(&self) -> String {
        match &self.database.url {
            Some(url) => url.expose().to_owned(),
            None => {
                format!("sqlite://{}?mode=rwc", self.base.data_dir.join("kabar.db").display())
            }
        }
    }
}
