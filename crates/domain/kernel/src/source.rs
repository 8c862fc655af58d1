//! Where time, ids and randomness come from.

use uuid::Uuid;

use crate::{PortResult, Timestamp, failure::PortError};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment, UTC, in milliseconds.
    fn now(&self) -> Timestamp;
}

/// Makes ids.
pub trait IdSource: Send + Sync {
    /// A UUID that was never returned before, version 7 (RFC 9562 §5.7): later ones sort later.
    fn next_id(&self) -> Uuid;
}

/// Makes secrets.
pub trait SecretSource: Send + Sync {
    /// 256 bits from a cryptographically secure source.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    fn secret(&self) -> PortResult<[u8; 32]>;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// UUIDv7 from the operating system's clock and randomness, increasing within the process.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn next_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The operating system's cryptographically secure random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSecrets;

impl SecretSource for SystemSecrets {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
    fn secret(&self) -> PortResult<[u8; 32]> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| PortError::new("draw a secret", error.to_string()))?;
        Ok(secret)
    }
}
