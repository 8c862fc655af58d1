//! From the configuration to services: the only place that names adapters.

mod feeds;
mod nobody_there;
mod settings;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use kabar_chats::{
    ChatPorts, Chats, Presences,
    ports::{LogStore, PresenceStore},
};
use kabar_credentials::{
    ArgonPasswordHasher, HmacRefreshSecrets, JwtAccessTokens, KeyRing, KeyRingError,
};
use kabar_groups::Groups;
use kabar_kernel::{
    Clock, IdSource, PortError, PortResult, SecretSource, SystemClock, SystemIds, SystemSecrets,
};
use kabar_notifications::Notifications;
use kabar_realtime::{Hub, HubStart};
use kabar_store_sea::SeaStore;
use kabar_users::{Accounts, Privacies, SessionPorts, Sessions, ports::PasswordHasher};
use tokio::{task::JoinSet, time::timeout};

use self::{
    feeds::{PrivacyOfDevices, SocketsOfEndedSessions},
    nobody_there::NobodyThere,
};

use crate::{
    config::Config,
    drain::Draining,
    http::{
        Jwks,
        health::{Readiness, Vital},
    },
    presence::PresenceTask,
    rate_limits::RateLimits,
    session_cache::{self, SessionCache},
    ws::{Gateway, GatewayServices, JsonEncoder},
};

/// How often buckets that are full again are dropped.
const PRUNE_EVERY: Duration = Duration::from_secs(10);

/// How long the end may wait for the database to take when everybody was last seen.
const NOTE_WITHIN: Duration = Duration::from_secs(1);

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
    pub(crate) presences: Arc<Presences>,
    pub(crate) notifications: Arc<Notifications>,
    pub(crate) privacies: Arc<Privacies>,
    pub(crate) groups: Arc<Groups>,
    pub(crate) rate_limits: Arc<RateLimits>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) jwks: Arc<Jwks>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) draining: Arc<Draining>,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) hub: Arc<Hub>,
    presence: PresenceTask,
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

        let HubStart { hub, shards, transitions } =
            Hub::start(Arc::new(JsonEncoder), settings::hub(config));
        let session_cache = SessionCache::new(
            session_cache::BELIEVED_FOR,
            Arc::new(SocketsOfEndedSessions(Arc::clone(&hub))),
        );
        let store = SeaStore::connect(
            &config.database_url(),
            settings::store(config),
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
            Arc::new(ArgonPasswordHasher::new(settings::hashing(config), Arc::clone(&secrets))?);
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
            settings::sessions(config),
        ));
        let accounts = Arc::new(Accounts::new(
            store.clone(),
            hasher,
            Arc::clone(&sessions),
            Arc::clone(&clock),
            Arc::clone(&ids),
        ));
        let chats = Arc::new(Chats::new(
            ChatPorts {
                conversations: store.clone(),
                cursors: store.clone(),
                log: store.clone(),
                roster: store.clone(),
                people: store.clone(),
                clock: Arc::clone(&clock),
                ids: Arc::clone(&ids),
            },
            settings::chats(config),
        ));
        let seen: Arc<dyn PresenceStore> =
            if config.presence.enabled { store.clone() } else { Arc::new(NobodyThere) };
        let presences = Arc::new(Presences::new(seen, hub.clone()));
        let notifications = Arc::new(Notifications::new(
            store.clone(),
            store.clone(),
            hub.clone(),
            Arc::clone(&clock),
        ));
        let feed = Arc::new(PrivacyOfDevices(Arc::clone(&hub)));
        let privacies = Arc::new(Privacies::new(store.clone(), feed));
        let groups = Arc::new(Groups::new(
            store.clone(),
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
            settings::groups(config),
        ));
        let rate_limits = Arc::new(RateLimits::new(&config.rate_limits));
        let gateway = Arc::new(Gateway::new(
            GatewayServices {
                hub: Arc::clone(&hub),
                chats: Arc::clone(&chats),
                presences: Arc::clone(&presences),
                notifications: Arc::clone(&notifications),
                privacies: Arc::clone(&privacies),
                sessions: Arc::clone(&sessions),
                rates: Arc::clone(&rate_limits),
                clock: Arc::clone(&clock),
            },
            settings::gateway(config),
        ));

        let log: Arc<dyn LogStore> = store.clone();
        shards.run(&log);
        let mut background = JoinSet::new();
        background.spawn(Arc::clone(&hub).beat(settings::heartbeat(config), Arc::clone(&clock)));
        background.spawn(keep_house(Arc::clone(&rate_limits), Arc::clone(&gateway)));
        let presence =
            PresenceTask::start(transitions, Arc::clone(&hub), Arc::clone(&presences), clock);

        let draining = Arc::new(Draining::default());
        let vital = Arc::new(Database(Arc::clone(&store)));
        Ok(Self {
            accounts,
            sessions,
            chats,
            presences,
            notifications,
            privacies,
            groups,
            rate_limits,
            gateway,
            jwks: Arc::new(Jwks(keys.jwks())),
            ids,
            readiness: Arc::new(Readiness::new(vital, Draining::clone(&draining))),
            draining,
            hub,
            presence,
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

    /// Ends what runs in the background, notes of those who were there until now that they were,
    /// commits what waits and closes the database. To be called once the sockets are closed.
    ///
    /// # Errors
    /// The database could not be closed in order.
    pub async fn close(mut self) -> PortResult<()> {
        self.background.shutdown().await;
        if timeout(NOTE_WITHIN, self.presence.end()).await.is_err() {
            tracing::warn!("could not note in time who was there");
        }
        self.store.close().await
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
