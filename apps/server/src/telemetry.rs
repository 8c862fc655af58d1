//! The log and the metrics of this process.

use std::{
    io::{self, IsTerminal as _},
    panic,
    sync::OnceLock,
};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{LogConfig, LogFormat};

/// Upper bounds of the histograms in seconds: from a cached read to the deadline of a handler.
const BUCKETS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Why log or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("failed to read log.level: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody else set up the log of this process.
    #[error("failed to set up the log: {0}")]
    Log(#[from] tracing_subscriber::util::TryInitError),
    /// Somebody else set up the metrics of this process.
    #[error("failed to set up metrics: {0}")]
    Metrics(#[from] BuildError),
}

/// Writes the log to standard error, panics included; once a process.
///
/// # Errors
/// [`TelemetryError`]
pub fn init_log(config: &LogConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(config.level.as_str())?;
    let pretty = match config.format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    if pretty {
        let is_terminal = io::stderr().is_terminal();
        registry
            .with(fmt::layer().with_writer(io::stderr).with_ansi(is_terminal).with_target(false))
            .try_init()?;
    } else {
        registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_span_list(false)
                    .with_writer(io::stderr),
            )
            .try_init()?;
    }
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Logs where a panic was. What it says stays out: slicing text wrongly, for one, quotes the text.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(location, "panicked");
}

/// The metrics of this process, which are gathered from the first call on.
///
/// # Errors
/// Somebody else gathers them.
pub fn metrics() -> Result<PrometheusHandle, TelemetryError> {
    // The facade that counts is one a process, whatever number of servers run in it.
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    describe();
    Ok(RECORDER.get_or_init(|| recorder).clone())
}

fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("kabar_http_requests_total", "Requests by method, route and status");
    describe_histogram!(
        "kabar_http_request_seconds",
        Unit::Seconds,
        "Time to the head of the answer by route"
    );
    describe_gauge!("kabar_http_in_flight", "Requests that are being worked on");
    describe_counter!(
        "kabar_http_refused_total",
        "Requests answered 503 by reason: in_flight, handler_timeout"
    );
    describe_counter!("kabar_http_panics_total", "Handlers that panicked");
    describe_gauge!("kabar_ws_connections", "Open WebSocket connections");
    describe_gauge!("kabar_rate_limit_buckets", "Rate limit buckets that are not full");
}
