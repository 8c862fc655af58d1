//! The order in which the server ends.

use std::{io, sync::Arc, time::Duration};

use actix_web::dev::ServerHandle;
use kabar_realtime::{CloseCode, Hub};
use tokio::task::JoinHandle;

use super::ServeError;
use crate::{config::Config, wiring::Services};

/// What is kept of the deadline for closing the database.
const FOR_THE_DATABASE: Duration = Duration::from_secs(2);

/// Announces the end, closes the sockets one after the other, then takes no more connections and
/// lets requests finish; cuts off what is left at the deadline.
///
/// Requests are still taken while the sockets are closed: in that time whoever spreads the load
/// learns by the readiness that this server is to get none.
pub(super) async fn drain(
    config: &Config,
    services: &Services,
    handle: &ServerHandle,
    running: JoinHandle<io::Result<()>>,
) -> Result<(), ServeError> {
    tracing::info!(timeout = ?config.drain.timeout, "shutting down");
    services.draining.begin();
    let within = config.drain.timeout.saturating_sub(FOR_THE_DATABASE).max(FOR_THE_DATABASE / 4);
    let in_order = async {
        close_sockets(&services.hub, config.drain.socket_spread).await;
        handle.stop(true).await;
        // The handle has answered, so nothing is left that could fail but the task's end.
        let _ = running.await;
    };
    if tokio::time::timeout(within, in_order).await.is_ok() {
        tracing::info!("all requests and sockets are finished");
        return Ok(());
    }
    // Dropping the tasks of the workers closes their connections; nothing to wait for.
    drop(handle.stop(false));
    Err(ServeError::Unfinished(config.drain.timeout))
}

/// Closes every socket (1012), evenly over `spread`, so that not everybody comes back at once.
async fn close_sockets(hub: &Arc<Hub>, spread: Duration) {
    let devices = hub.all_devices();
    let Ok(number) = u32::try_from(devices.len()) else { return };
    let Some(pause) = spread.checked_div(number) else { return };
    let mut next = tokio::time::Instant::now();
    for device in devices {
        device.connection.close(CloseCode::Restart);
        next += pause;
        tokio::time::sleep_until(next).await;
    }
    // Those that came while the others were closed.
    for device in hub.all_devices() {
        device.connection.close(CloseCode::Restart);
    }
}
