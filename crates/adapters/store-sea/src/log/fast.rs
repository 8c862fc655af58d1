//! The fast path: everything of a batch in one go, if nothing is in the way.
//!
//! It allocates and inserts for every conversation whose roster is still the one the authors were
//! checked against, and for no other. Any violated constraint undoes all of it.

pub(crate) mod postgres;
mod sqlite;

use std::time::Duration;

use sea_orm::{DbBackend, QueryResult, prelude::Uuid};

use self::postgres::PostgresLine;
use super::{
    outcome::{Job, Quotes},
    set::{Base, Group, ids},
};
use crate::{
    SeaOptions,
    codec::{Columns, QUOTE_COLUMNS, quote},
    connect::Db,
    dialect::Dialect,
    failure::Failure,
};

/// How much longer than the database's own limits the store waits for an answer.
const GRACE: Duration = Duration::from_secs(2);

/// Longest the announcement of a batch waits for what its messages quote.
const QUOTE_PATIENCE: Duration = Duration::from_secs(2);

/// The messages of the dialect's `ids`, as others quote them.
pub(crate) fn quotes_sql(dialect: &Dialect) -> String {
    format!(
        "SELECT {QUOTE_COLUMNS} FROM messages q WHERE q.id IN (SELECT i.id FROM {})",
        dialect.ids
    )
}

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

    /// Messages as they are now, as others quote them.
    pub(super) async fn quotes(&mut self, of: &[Uuid]) -> Result<Quotes, Failure> {
        let sql = quotes_sql(self.db.dialect);
        let work = async {
            let rows: Vec<QueryResult> = if self.db.dialect.backend == DbBackend::Postgres {
                // Not from the pool: all of it may be held by changes that wait for this lane.
                self.line.quotes(&self.db, &sql, of).await?
            } else {
                self.db.all(&sql, [ids(self.db.dialect.backend, of)]).await?
            };
            let quotes = rows.iter().filter_map(|row| quote(&mut Columns::of(row)).transpose());
            quotes.map(|quote| quote.map(|quote| (quote.id, quote))).collect()
        };
        match tokio::time::timeout(QUOTE_PATIENCE, work).await {
            Ok(done) => done,
            Err(_) => {
                self.line.hang_up();
                Err(Failure::Silent(QUOTE_PATIENCE))
            }
        }
    }
}
