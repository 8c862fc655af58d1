//! The failure of a port: the outside did not do what it was asked, for a reason no domain can mend.

use std::error::Error;

/// What a port answers where it may fail.
pub type PortResult<T> = Result<T, PortError>;

/// A port could not do its work: the database is gone, the disk is full, a queue is over its bound.
///
/// Opaque to the domains: they pass it on. A constraint that *means* something to a caller is never
/// a `PortError` but a typed outcome of the port's method.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {source}")]
pub struct PortError {
    /// What was attempted, as a fragment that fits "failed to {operation}".
    pub operation: &'static str,
    /// The underlying failure; for the log, never for a client.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
    /// Whether the same call may succeed when it is tried again shortly (overload, lost connection,
    /// lock timeout). The boundary answers 503 with `Retry-After` to these and 500 to the others.
    pub transient: bool,
}

impl PortError {
    /// A failure that will not go away by trying again.
    pub fn new(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, source: source.into(), transient: false }
    }

    /// A failure that may be gone on the next try.
    pub fn transient(
        operation: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { operation, source: source.into(), transient: true }
    }
}
