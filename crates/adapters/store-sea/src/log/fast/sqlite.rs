//! On SQLite: one short transaction on the writer.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, Statement, prelude::Uuid};

use super::super::{
    insert::insert_placed,
    outcome::{Decision, Job},
    set::{Base, Group, counts},
};
use crate::{connect::Db, failure::Failure};

pub(super) async fn append(
    db: &Db,
    jobs: &[Job],
    groups: &[Group],
) -> Result<Vec<Option<Base>>, Failure> {
    let backend = db.dialect.backend;
    let count = format!(
        "UPDATE conversations SET head = head + b.n, last_seq = last_seq + b.n, \
         active_at = max(active_at, b.at) FROM {} \
         WHERE conversations.id = b.id AND conversations.roster_version = b.version \
         RETURNING id, head, last_seq",
        db.dialect.counts
    );
    let tx = db.begin().await?;
    let counted = tx
        .query_all_raw(Statement::from_sql_and_values(backend, count, counts(backend, groups)))
        .await?;
    let mut after: HashMap<Uuid, Base> = HashMap::with_capacity(counted.len());
    for row in &counted {
        let base = Base { head: row.try_get_by(1)?, last_seq: row.try_get_by(2)? };
        after.insert(row.try_get_by(0)?, base);
    }
    let mut bases = Vec::with_capacity(groups.len());
    let mut placed = Vec::with_capacity(jobs.len());
    let mut rest = jobs.iter();
    for group in groups {
        let len = crate::codec::stored_len(group.len);
        let base = after
            .get(&group.conversation.as_uuid())
            .map(|after| Base { head: after.head - len, last_seq: after.last_seq - len });
        for (nth, job) in (1..).zip(rest.by_ref().take(group.len)) {
            if let Some(Decision::Created(place)) = base.map(|base| base.created(nth)) {
                placed.push((&job.message, place));
            }
        }
        bases.push(base);
    }
    if !placed.is_empty() {
        insert_placed(&tx, db.dialect, &placed).await?;
    }
    tx.commit().await?;
    Ok(bases)
}
