//! What may go wrong between the store and its database, and what it means.

use std::{sync::Arc, time::Duration};

use kabar_kernel::{PortError, PortResult};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

/// A failure of the database or of what it answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Orm(#[from] DbErr),
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    /// A row holds what no version of this store writes.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
    #[error("the database did not answer within {0:?}")]
    Silent(Duration),
    #[error("the work was ended before it was done")]
    Ended,
}

/// What a failure calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A unique constraint was violated.
    Unique,
    /// Others were in the way (deadlock, serialisation, a busy database): the same again may pass.
    Contention,
    /// The database is away, out of resources or too slow: it may be back shortly.
    Unavailable,
    /// This very statement with these very values will not pass.
    Refused,
}

impl Failure {
    /// What to make of it.
    pub(crate) fn meaning(&self) -> Meaning {
        match self {
            Self::Orm(DbErr::ConnectionAcquire(
                ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed,
            ))
            | Self::Silent(_)
            | Self::Ended => Meaning::Unavailable,
            Self::Orm(
                DbErr::Conn(RuntimeErr::SqlxError(error))
                | DbErr::Exec(RuntimeErr::SqlxError(error))
                | DbErr::Query(RuntimeErr::SqlxError(error)),
            ) => driver_meaning(error),
            Self::Orm(DbErr::Conn(_)) => Meaning::Unavailable,
            Self::Driver(error) => driver_meaning(error),
            Self::Orm(_) | Self::Unreadable(_) => Meaning::Refused,
        }
    }

    /// The failure of a port that it is.
    pub(crate) fn port(self, operation: &'static str) -> PortError {
        match self.meaning() {
            Meaning::Contention | Meaning::Unavailable => PortError::transient(operation, self),
            Meaning::Unique | Meaning::Refused => PortError::new(operation, self),
        }
    }
}

/// Turns the failure of a step into that of the port that took it.
pub(crate) trait OrPort<T> {
    /// `operation` fits "failed to {operation}".
    fn or_port(self, operation: &'static str) -> PortResult<T>;
}

impl<T, E: Into<Failure>> OrPort<T> for Result<T, E> {
    fn or_port(self, operation: &'static str) -> PortResult<T> {
        self.map_err(|error| error.into().port(operation))
    }
}

/// One failure for several callers, none of whom can own it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{failure}")]
pub(crate) struct Shared {
    failure: Arc<Failure>,
}

impl Shared {
    pub(crate) fn new(failure: Failure) -> Self {
        Self { failure: Arc::new(failure) }
    }

    pub(crate) fn port(&self, operation: &'static str) -> PortError {
        match self.failure.meaning() {
            Meaning::Contention | Meaning::Unavailable => {
                PortError::transient(operation, self.clone())
            }
            Meaning::Unique | Meaning::Refused => PortError::new(operation, self.clone()),
        }
    }
}

fn driver_meaning(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Database(error) => {
            if error.is_unique_violation() {
                return Meaning::Unique;
            }
            let code = error.code().unwrap_or_default();
            match code.parse::<u32>() {
                // SQLite's codes are short numbers; PostgreSQL's SQLSTATEs have five characters.
                Ok(number) if code.len() < 5 => sqlite_meaning(number),
                _ => sqlstate_meaning(&code),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Meaning::Unavailable,
        _ => Meaning::Refused,
    }
}

/// PostgreSQL 15, appendix A: error codes.
fn sqlstate_meaning(state: &str) -> Meaning {
    match state {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Meaning::Contention,
        // lock_not_available, query_canceled (statement_timeout), idle_in_transaction_session_timeout
        "55P03" | "57014" | "25P03" => Meaning::Unavailable,
        // Connection exceptions, insufficient resources (disk full, too many connections), operator
        // intervention (shutdown, crash), I/O.
        _ if ["08", "53", "57P", "58"].iter().any(|class| state.starts_with(class)) => {
            Meaning::Unavailable
        }
        _ => Meaning::Refused,
    }
}

/// The primary result code is the low byte of an extended one (<https://sqlite.org/rescode.html>).
const fn sqlite_meaning(code: u32) -> Meaning {
    match code & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => Meaning::Contention,
        // SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN
        10 | 13 | 14 => Meaning::Unavailable,
        _ => Meaning::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        assert_eq!(sqlstate_meaning("40P01"), Meaning::Contention);
        assert_eq!(sqlstate_meaning("55P03"), Meaning::Unavailable);
        assert_eq!(sqlstate_meaning("57P01"), Meaning::Unavailable);
        assert_eq!(sqlstate_meaning("53100"), Meaning::Unavailable);
        assert_eq!(sqlstate_meaning("22021"), Meaning::Refused);
        assert_eq!(sqlite_meaning(5), Meaning::Contention);
        assert_eq!(sqlite_meaning(517), Meaning::Contention);
        assert_eq!(sqlite_meaning(13), Meaning::Unavailable);
        assert_eq!(sqlite_meaning(19), Meaning::Refused);
    }

    #[test]
    fn a_lost_connection_is_transient_and_an_unreadable_row_is_not() {
        assert!(Failure::Driver(sqlx::Error::PoolTimedOut).port("try").transient);
        assert!(Failure::Silent(Duration::from_secs(1)).port("try").transient);
        assert!(!Failure::Unreadable("role").port("try").transient);
    }
}
