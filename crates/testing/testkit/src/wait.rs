//! Waiting for what will happen.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

/// How long to wait for what happens within milliseconds on an idle machine. A test fails late on a
/// broken server, and not at all on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long until a condition is asked again.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until a condition holds.
///
/// # Errors
/// It does not hold within that time; the message says `what` was waited for.
pub async fn eventually(
    what: &str,
    within: Duration,
    mut holds: impl AsyncFnMut() -> bool,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    while !holds().await {
        if Instant::now() >= deadline {
            bail!("waited {within:?} in vain for: {what}");
        }
        sleep(PAUSE).await;
    }
    Ok(())
}
