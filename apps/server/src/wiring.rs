//! From the configuration to services: the only place that names adapters.

use std::{
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use async_trait::async_trait;
use kabar_chats::{Chats, ports::LogStore};
use kabar_credentials::{
    ArgonPasswordHasher, ArgonSettings, HmacRefreshSecrets, JwtAccessTokens, KeyRing, KeyRingError,
};
use kabar_groups::{GroupLimits, Groups};
use kabar_kernel::{
    Clock, IdSource, PortError, PortResult, SecretSource, SessionId, SystemClock, SystemIds,
    SystemSecrets, UserId,
};
use kabar_realtime::{CloseCode, Heartbeat, Hub, HubStart, QueueLimits};
use kabar_store_sea::{SeaOptions, SeaStore};
use kabar_users::{
    Accounts, SessionLimits, SessionPorts, Sessions,
    ports::{PasswordHasher, SessionFeed},
};
use tokio::task::JoinSet;

use crate::{
    config::Config,
    drain::Draining,
    http::{
        Jwks,
        health::{Readiness, Vital},
    },
    rate_limits::RateLimits,
    session_cache::{self, SessionCache},
    ws::{Gateway, GatewaySettings, JsonEncoder},
};

/// How often buckets that are full again are dropped.
const PRUNE_EVERY: Duration = Duration::from_secs(10);

/// Why the services could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("failed to make the data folder {path}: {source}")]
    DataFolder {
        /// Which folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// The schema is not up to date, and was not to be changed.
    #[error("the database is not up to date: run `kabar migrate` first")]
    NotMigrated,
    /// The database or the password hasher refused.
    #[error("failed to {0}")]
    Port(#[from] PortError),
}

/// Whether the schema is brought up to date at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// It is.
    AtStart,
    /// Somebody does it by hand: `kabar migrate`.
    ByHand,
}

/// Everything that requests are answered with.
pub struct Services {
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) chats: Arc<Chats>,
    pub(crate) groups: Arc<Groups>,
    pub(crate) rate_limits: Arc<RateLimits>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) jwks: Arc<Jwks>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) draining: Arc<Draining>,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) hub: Arc<Hub>,
    store: Arc<SeaStore>,
    /// Ends with the services.
    background: JoinSet<()>,
}

impl Services {
    /// Makes the data folder and the keys where they are missing, connects to the database and
    /// starts what runs in the background. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(config: &Config, migrate: Migrate) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
        let secrets: Arc<dyn SecretSource> = Arc::new(SystemSecrets);

        make_private_folder(&config.base.data_dir)?;
        let keys = Arc::new(KeyRing::open(
            &config.base.data_dir.join("keys"),
            ids.as_ref(),
            secrets.as_ref(),
        )?);

        let HubStart { hub, shards } = Hub::start(Arc::new(JsonEncoder));
        let session_cache = SessionCache::new(
            session_cache::BELIEVED_FOR,
            Arc::new(SocketsOfEndedSessions(Arc::clone(&hub))),
        );
        let store = SeaStore::connect(
            &config.database_url(),
            store_options(config),
            hub.clone(),
            session_cache.clone(),
        )
        .await?;
        match migrate {
            Migrate::AtStart => store.migrate().await?,
            Migrate::ByHand if store.is_migrated().await => {}
            Migrate::ByHand => return Err(StartError::NotMigrated),
        }

        let hasher: Arc<dyn PasswordHasher> =
            Arc::new(ArgonPasswordHasher::new(hashing(config), Arc::clone(&secrets))?);
        let sessions = Arc::new(Sessions::new(
            SessionPorts {
                users: store.clone(),
                credentials: store.clone(),
                store: Arc::new(session_cache.over(store.clone())),
                hasher: Arc::clone(&hasher),
                access_tokens: Arc::new(JwtAccessTokens::new(
                    Arc::clone(&keys),
                    config.auth.issuer.clone(),
                    config.auth.audience.clone(),
                    Arc::clone(&clock),
                    Arc::clone(&ids),
                )),
                refresh_secrets: Arc::new(HmacRefreshSecrets::new(&keys)),
                clock: Arc::clone(&clock),
                ids: Arc::clone(&ids),
                secrets,
            },
            session_limits(config),
        ));
        let accounts = Arc::new(Accounts::new(
            store.clone(),
            hasher,
            Arc::clone(&sessions),
            Arc::clone(&clock),
            Arc::clone(&ids),
        ));
        let chats = Arc::new(Chats::new(
            store.clone(),
            store.clone(),
            store.clone(),
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
        ));
        let groups = Arc::new(Groups::new(
            store.clone(),
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
            GroupLimits { members: config.groups.max_members },
        ));
        let rate_limits = Arc::new(RateLimits::new(&config.rate_limits));
        let gateway = Arc::new(Gateway::new(
            Arc::clone(&hub),
            Arc::clone(&chats),
            Arc::clone(&sessions),
            Arc::clone(&rate_limits),
            gateway_settings(config),
        ));

        let log: Arc<dyn LogStore> = store.clone();
        shards.run(&log);
        let mut background = JoinSet::new();
        background.spawn(Arc::clone(&hub).beat(heartbeat(config), clock));
        background.spawn(keep_house(Arc::clone(&rate_limits), Arc::clone(&gateway)));

        let draining = Arc::new(Draining::default());
        let vital = Arc::new(Database(Arc::clone(&store)));
        Ok(Self {
            accounts,
            sessions,
            chats,
            groups,
            rate_limits,
            gateway,
            jwks: Arc::new(Jwks(keys.jwks())),
            ids,
            readiness: Arc::new(Readiness::new(vital, Draining::clone(&draining))),
            draining,
            hub,
            store,
            background,
        })
    }

    /// Gives the log a new epoch, after the database was restored from a backup; answers it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn renew_epoch(&self) -> PortResult<String> {
        self.store.renew_epoch().await
    }

    /// Ends what runs in the background, commits what waits and closes the database.
    ///
    /// # Errors
    /// The database could not be closed in order.
    pub async fn close(mut self) -> PortResult<()> {
        self.background.shutdown().await;
        self.store.close().await
    }
}

/// Closes the sockets of sessions that ended (G8).
struct SocketsOfEndedSessions(Arc<Hub>);

impl SessionFeed for SocketsOfEndedSessions {
    fn ended(&self, user: UserId, session: SessionId) {
        self.0.close_session(user, session, CloseCode::Unauthenticated);
    }
}

/// The database as that without which the server cannot work.
struct Database(Arc<SeaStore>);

#[async_trait]
impl Vital for Database {
    async fn ping(&self) -> PortResult<()> {
        self.0.ping().await
    }
}

/// Drops full buckets and reports what is open, until it is dropped.
async fn keep_house(rate_limits: Arc<RateLimits>, gateway: Arc<Gateway>) {
    let mut turn = tokio::time::interval(PRUNE_EVERY);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        rate_limits.prune();
        metrics::gauge!("kabar_rate_limit_buckets").set(as_gauge(rate_limits.bucket_count()));
        metrics::gauge!("kabar_ws_connections").set(as_gauge(gateway.open()));
    }
}

/// Exact up to 2³², beyond which nothing that is counted here goes.
fn as_gauge(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Makes the folder, for its owner only, unless it is there.
fn make_private_folder(path: &Path) -> Result<(), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| StartError::DataFolder { path: path.to_owned(), source })
}

fn store_options(config: &Config) -> SeaOptions {
    SeaOptions {
        connections: config.database.max_connections,
        readers: config.database.readers,
        lanes: usize::from(config.database.lanes),
        queue: config.database.append_queue,
        ..SeaOptions::default()
    }
}

fn hashing(config: &Config) -> ArgonSettings {
    ArgonSettings {
        memory_kib: config.password.memory_kib,
        passes: config.password.iterations,
        lanes: config.password.parallelism,
        at_once: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        queue: config.password.queue,
    }
}

fn session_limits(config: &Config) -> SessionLimits {
    SessionLimits {
        access: config.auth.access_ttl,
        idle: config.auth.refresh_idle,
        absolute: config.auth.refresh_absolute,
        grace: config.auth.refresh_grace,
    }
}

fn gateway_settings(config: &Config) -> GatewaySettings {
    GatewaySettings {
        max_frame: config.ws.max_frame.get(),
        max_message: config.message.max_bytes.get(),
        auth_timeout: config.ws.auth_timeout,
        heartbeat_seconds: whole_seconds(config.ws.heartbeat),
        max_connections: config.ws.max_connections,
        queue: QueueLimits { events: config.ws.queue_events, bytes: config.ws.queue_bytes.get() },
        origins: config.http.ws_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
    }
}

fn heartbeat(config: &Config) -> Heartbeat {
    Heartbeat {
        interval: whole_seconds(config.ws.heartbeat),
        silence: whole_seconds(config.ws.idle_timeout),
    }
}

fn whole_seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}
