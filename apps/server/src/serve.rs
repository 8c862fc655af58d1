//! Answers requests until it is told to stop, and then ends in order (G10).

mod drain;
mod metrics_endpoint;

use std::{
    any::Any,
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, Error, HttpServer,
    body::MessageBody,
    dev::{Extensions, ServiceFactory, ServiceRequest, ServiceResponse},
    http::KeepAlive,
    middleware::from_fn,
    web,
};
use kabar_kernel::{IdSource, PortError};
use tokio::net::TcpStream;

use crate::{
    config::Config,
    http::{
        self, health,
        middleware::{self, BodyBounds, CorsOrigins, StrictTransport, TrustedProxies, WorkBounds},
        problem,
    },
    telemetry::TelemetryError,
    wiring::{Migrate, Services, StartError},
    ws,
};

/// How long the head of a request may take (K10).
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long the body of a request may take (K10).
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How long a handler may take (K10).
const HANDLER_WITHIN: Duration = Duration::from_secs(10);
/// How long an idle connection is kept; longer than the 60 s of common proxies, so that a proxy never
/// sends a request into a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a connection lingers after its last answer for what the client is still sending (the rest
/// of a refused body, the answer to a close frame), so that it reads the answer before the end. Short,
/// because clients count a socket as closed only then. Not shorter: actix counts from a clock that
/// moves every half second, and forgets a deadline that is over before it begins to wait, and with it
/// the connection.
const DISCONNECT_WITHIN: Duration = Duration::from_secs(1);
/// How long sent bytes may stay unconfirmed before the connection counts as dead (RFC 5482).
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that may wait to be accepted, as far as the system allows.
const BACKLOG: i32 = 4096;

/// Why the server could not run, or did not end in order.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The services could not be made.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The listener failed.
    #[error("failed to listen: {0}")]
    Listen(#[source] io::Error),
    /// Metrics cannot be offered.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The metrics' address cannot be used.
    #[error("failed to offer metrics on {address}: {source}")]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The database could not be closed in order.
    #[error("failed to {0}")]
    Close(PortError),
    /// Requests or sockets were still open at the deadline, and were cut off.
    #[error("failed to end within {0:?}; what was still open was cut off")]
    Unfinished(Duration),
}

/// Opens a listener for [`serve`].
///
/// # Errors
/// The address cannot be used, mostly because another process has it.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket =
        socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    // A server that starts again must not wait for the connections of its predecessor to be
    // forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Makes the services, migrates the database, and answers requests on the listener until `shutdown`.
///
/// # Errors
/// [`ServeError`]
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let services = Services::start(&config, Migrate::AtStart).await?;
    serve_with(&config, services, listener, shutdown).await
}

/// Answers requests on the listener with services that were made before, until `shutdown`; ends the
/// services too.
///
/// # Errors
/// [`ServeError`]
pub async fn serve_with(
    config: &Config,
    services: Services,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let metrics = metrics_endpoint::start(config)?;
    let workers = config.worker_count();
    let state = State::new(config, &services);
    let server = HttpServer::new(move || app(state.clone()))
        .workers(workers)
        .max_connections(config.http.max_connections.div_ceil(workers))
        .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
        .client_request_timeout(HEAD_WITHIN)
        .client_disconnect_timeout(DISCONNECT_WITHIN)
        .shutdown_timeout(config.drain.timeout.as_secs())
        .on_connect(tune_connection)
        .disable_signals()
        .listen(listener)
        .map_err(ServeError::Listen)?
        .run();
    let handle = server.handle();
    let mut running = tokio::spawn(server);

    tokio::select! {
        () = shutdown => {}
        ended = &mut running => {
            let error = match ended {
                Ok(Ok(())) => io::Error::other("the server ended by itself"),
                Ok(Err(error)) => error,
                Err(panicked) => io::Error::other(panicked),
            };
            return Err(ServeError::Listen(error));
        }
    }

    let ended = drain::drain(config, &services, &handle, running).await;
    if let Some(metrics) = metrics {
        metrics.stop(false).await;
    }
    services.close().await.map_err(ServeError::Close)?;
    ended
}

/// What every worker's application shares.
#[derive(Clone)]
struct State {
    accounts: web::Data<kabar_users::Accounts>,
    sessions: web::Data<kabar_users::Sessions>,
    chats: web::Data<kabar_chats::Chats>,
    presences: web::Data<kabar_chats::Presences>,
    notifications: web::Data<kabar_notifications::Notifications>,
    privacies: web::Data<kabar_users::Privacies>,
    groups: web::Data<kabar_groups::Groups>,
    rate_limits: web::Data<crate::rate_limits::RateLimits>,
    gateway: web::Data<ws::Gateway>,
    jwks: web::Data<http::Jwks>,
    message_limit: web::Data<http::MessageLimit>,
    ids: web::Data<dyn IdSource>,
    draining: web::Data<crate::drain::Draining>,
    readiness: web::Data<health::Readiness>,
    body: web::Data<BodyBounds>,
    work: web::Data<WorkBounds>,
    proxies: web::Data<TrustedProxies>,
    cors: web::Data<CorsOrigins>,
    strict: web::Data<StrictTransport>,
}

impl State {
    fn new(config: &Config, services: &Services) -> Self {
        Self {
            accounts: Arc::clone(&services.accounts).into(),
            sessions: Arc::clone(&services.sessions).into(),
            chats: Arc::clone(&services.chats).into(),
            presences: Arc::clone(&services.presences).into(),
            notifications: Arc::clone(&services.notifications).into(),
            privacies: Arc::clone(&services.privacies).into(),
            groups: Arc::clone(&services.groups).into(),
            rate_limits: Arc::clone(&services.rate_limits).into(),
            gateway: Arc::clone(&services.gateway).into(),
            jwks: Arc::clone(&services.jwks).into(),
            message_limit: web::Data::new(http::MessageLimit(config.message.max_bytes.get())),
            ids: Arc::clone(&services.ids).into(),
            draining: Arc::clone(&services.draining).into(),
            readiness: Arc::clone(&services.readiness).into(),
            body: web::Data::new(BodyBounds {
                bytes: config.http.max_body.get(),
                within: BODY_WITHIN,
            }),
            work: web::Data::new(WorkBounds::new(config.http.max_in_flight, HANDLER_WITHIN)),
            proxies: web::Data::new(TrustedProxies::new(&config.http.trusted_proxies)),
            cors: web::Data::new(CorsOrigins::new(&config.http.cors_origins)),
            strict: web::Data::new(StrictTransport(config.http.hsts)),
        }
    }
}

/// The application of one worker. What is wrapped last is outermost.
fn app(
    state: State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(web::PayloadConfig::new(state.body.bytes))
        .app_data(state.accounts)
        .app_data(state.sessions)
        .app_data(state.chats)
        .app_data(state.presences)
        .app_data(state.notifications)
        .app_data(state.privacies)
        .app_data(state.groups)
        .app_data(state.rate_limits)
        .app_data(state.gateway)
        .app_data(state.jwks)
        .app_data(state.message_limit)
        .app_data(state.ids)
        .app_data(state.draining)
        .app_data(state.readiness)
        .app_data(state.body)
        .app_data(state.work)
        .app_data(state.proxies)
        .app_data(state.cors)
        .app_data(state.strict)
        .configure(health::configure)
        .configure(ws::configure)
        .configure(http::configure)
        .wrap(from_fn(middleware::overload))
        .wrap(from_fn(middleware::body_deadline))
        .wrap(from_fn(middleware::containment))
        .wrap(from_fn(problem::stamp))
        .wrap(from_fn(middleware::compression))
        .wrap(from_fn(middleware::cors))
        .wrap(from_fn(middleware::security_headers))
        .wrap(from_fn(middleware::head))
        .wrap(from_fn(middleware::access_log))
        .wrap(from_fn(middleware::request_id))
}

/// Small frames go out at once, and a peer that vanished is noticed.
fn tune_connection(connection: &dyn Any, _extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    // Where the system refuses, the connection still works, only less well.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT)) {
        tracing::debug!(%error, "could not set TCP_USER_TIMEOUT");
    }
}
