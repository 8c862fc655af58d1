use std::time::Duration;

/// How a [`SeaStore`](crate::SeaStore) uses its database. The defaults hold for a machine that runs
/// server and database side by side.
#[derive(Debug, Clone)]
pub struct SeaOptions {
    /// Most connections to PostgreSQL, of which each lane keeps one for itself; 16 by default, and
    /// never fewer than two more than there are lanes.
    pub connections: u32,
    /// Connections that read from SQLite, beside the one that writes; 4 by default.
    pub readers: u32,
    /// Tasks that append messages on PostgreSQL, 1 to 8; 2 by default. SQLite always has one.
    pub lanes: usize,
    /// Appends that may wait in each lane before further ones are refused; 4 096 by default, which
    /// at the longest message there is are 64 MiB.
    pub queue: usize,
    /// Longest wait for a free connection, or for SQLite's writer; 3 s by default.
    pub acquire_timeout: Duration,
    /// Longest a statement may run on PostgreSQL; 5 s by default.
    pub statement_timeout: Duration,
    /// Longest wait for a lock; 2 s by default.
    pub lock_timeout: Duration,
    /// Longest a transaction may lie idle on PostgreSQL; 10 s by default.
    pub idle_in_transaction_timeout: Duration,
    /// Standings that are remembered; 100 000 by default, about 10 MB.
    pub remembered_standings: usize,
}

impl SeaOptions {
    /// Most lanes there may be.
    pub const MAX_LANES: usize = 8;
}

impl Default for SeaOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            readers: 4,
            lanes: 2,
            queue: 4096,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            idle_in_transaction_timeout: Duration::from_secs(10),
            remembered_standings: 100_000,
        }
    }
}
