//! `kabar serve`

use std::{io, net::SocketAddr, process::ExitCode};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use super::block_on;
use crate::{
    config::Config,
    serve, telemetry,
    wiring::{Migrate, Services},
};

/// What a shell shows for a process that a second signal ended at once.
const ENDED_AT_ONCE: i32 = 130;

pub(super) fn run(config: Config, no_migrate: bool) -> anyhow::Result<ExitCode> {
    telemetry::init_log(&config.log)?;
    raise_open_files();
    for weakness in config.weaknesses() {
        tracing::warn!("{weakness}");
    }
    block_on(async move {
        // First of all, so that a second server says so before it touches the data.
        let listener = serve::listen(config.listen())
            .with_context(|| format!("failed to listen on {}", config.listen()))?;
        let address = listener.local_addr()?;
        let migrate = if no_migrate { Migrate::ByHand } else { Migrate::AtStart };
        let services = Services::start(&config, migrate).await?;
        let shutdown = first_signal()?;
        greet(address, &config);
        serve::serve_with(&config, services, listener, shutdown).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// As many connections as the system grants: the usual soft limit of 1 024 is for programs that use
/// `select`.
fn raise_open_files() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "failed to raise the limit of open files"),
    }
}

/// Waits for SIGTERM or SIGINT. After it, a second one ends the process at once.
fn first_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Ends with the process, whichever comes first.
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("second signal: ending at once");
            std::process::exit(ENDED_AT_ONCE);
        });
    })
}

/// Says where everything is, and what to try first.
fn greet(address: SocketAddr, config: &Config) {
    let at = if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    };
    tracing::info!(%address, data = %config.base.data_dir.display(), "Kabar is ready");
    super::print(&format!(
        "\n\
         Kabar listens on http://{address}\n\
         \n  \
           Swagger    http://{at}/api-docs\n  \
           WebSocket  ws://{at}/v1/ws\n  \
           Data       {data}\n\
         \n\
         A first request:\n\
         \n  \
           curl -s http://{at}/v1/auth/register -H 'content-type: application/json' \\\n    \
             -d '{{\"username\": \"ayu\", \"password\": \"kata sandi panjang\"}}'\n\
         \n",
        data = config.base.data_dir.display(),
    ));
}
