//! The fast path: everything of a batch in one go, if nothing is in the way.
//!
//! It allocates and inserts for every conversation whose roster is still the one the authors were
//! checked against, and for no other. Any violated constraint undoes all of it.

pub(crate) mod postgres;
mod sqlite;

use std::time::Duration;

use sea_orm::DbBackend;

use self::postgres::PostgresLine;
use super::{
    outcome::Job,
    set::{Base, Group},
};
use crate::{SeaOptions, connect::Db, failure::Failure};

/// How much longer than the database's own limits the store waits for an answer.
const GRACE: Duration = Duration::from_secs(2);

pub(super) struct Fast {
    db: Db,
    line: PostgresLine,
    patience: Duration,
}

impl Fast {
    pub(super) fn new(db: Db, options: &SeaOptions) -> Self {
        let patience = options.statement_timeout.saturating_add(GRACE);
        Self { db, line: PostgresLine::default(), patience }
    }

    /// Stores the jobs and answers, for each group, the counters before it; `None` for a group whose
    /// roster has moved on or whose conversation does not exist, of which nothing was stored.
    pub(super) async fn append(
        &mut self,
        jobs: &[Job],
        groups: &[Group],
    ) -> Result<Vec<Option<Base>>, Failure> {
        let work = async {
            if self.db.dialect.backend == DbBackend::Postgres {
                self.line.append(&self.db, jobs, groups).await
            } else {
                sqlite::append(&self.db, jobs, groups).await
            }
        };
        match tokio::time::timeout(self.patience, work).await {
            Ok(done) => done,
            Err(_) => {
                // Whatever the connection is in the middle of, it is not to be waited for.
                self.line.hang_up();
                Err(Failure::Silent(self.patience))
            }
        }
    }
}
