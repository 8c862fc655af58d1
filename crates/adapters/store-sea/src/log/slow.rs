//! The slow path: for messages whose client id may have been used before, or whose author was
//! checked against another roster than the present one.
//!
//! One transaction that locks the conversations first, so that nothing it decides by can change
//! until it is committed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kabar_chats::{ConversationKind, Message, Standing, ports::NewMessage};
use kabar_kernel::{ConversationId, Role, RosterVersion, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, Value, prelude::Uuid};

use super::{
    insert::insert_placed,
    outcome::{Decision, Job, Place},
    set::{Base, Group, counts, keys},
};
use crate::{
    codec::{
        Columns, MESSAGE_COLUMNS, QUOTE_COLUMNS, QUOTED, kind, number, quoted, reactions,
        reactions_of, role,
    },
    connect::Db,
    dialect::Dialect,
    failure::Failure,
    rosters::Rosters,
};

/// Messages that are stored under the dialect's `keys` already, as their authors see them.
pub(crate) fn stored_sql(dialect: &Dialect) -> String {
    format!(
        "SELECT {MESSAGE_COLUMNS}, {QUOTE_COLUMNS}, {} FROM {} JOIN messages x \
         ON x.conversation_id = k.conversation_id AND x.author_id = k.author_id \
         AND x.client_id = k.client_id {QUOTED}",
        reactions_of(dialect, "k.author_id"),
        dialect.keys
    )
}

pub(super) struct Slow {
    db: Db,
    rosters: Arc<Rosters>,
}

/// A locked conversation.
#[derive(Debug)]
struct Locked {
    kind: ConversationKind,
    version: RosterVersion,
    /// The counters, with what was allocated so far.
    next: Base,
    /// How many messages were allocated.
    allocated: usize,
    /// The latest moment of them.
    at: i64,
}

type Key<'a> = (ConversationId, UserId, &'a str);

impl Slow {
    pub(super) const fn new(db: Db, rosters: Arc<Rosters>) -> Self {
        Self { db, rosters }
    }

    /// Decides about every message, in order, and commits.
    pub(super) async fn append(&self, jobs: &[Job]) -> Result<Vec<Decision>, Failure> {
        let read_at = self.rosters.generation();
        let tx = self.db.begin().await?;
        let mut locked = self.lock(&tx, jobs).await?;
        let roles = self.roles(&tx, jobs).await?;
        let stored = self.stored(&tx, jobs).await?;
        let mut placed: Vec<(&NewMessage, Place)> = Vec::new();
        let mut decisions = Vec::with_capacity(jobs.len());
        for Job { message, .. } in jobs {
            let key = (message.conversation, message.author, message.client_id.as_str());
            let decision = match locked.get_mut(&message.conversation) {
                Some(conversation)
                    if roles.contains_key(&(message.conversation, message.author)) =>
                {
                    match stored.get(&key) {
                        Some(found) => Decision::Found(Box::new(found.clone())),
                        None if conversation.outdates(message) => Decision::Outdated,
                        None => Decision::Created(conversation.allocate(message)),
                    }
                }
                _ => Decision::NotAMember,
            };
            if let Decision::Created(place) = decision {
                placed.push((message, place));
            }
            decisions.push(decision);
        }
        if placed.is_empty() {
            tx.rollback().await?;
        } else {
            self.write(&tx, &locked, &placed).await?;
            tx.commit().await?;
        }
        for (Job { message, .. }, decision) in jobs.iter().zip(&decisions) {
            let (conversation, user) = (message.conversation, message.author);
            if matches!(decision, Decision::Outdated) {
                // It is asked for next, and what is learnt may not be remembered.
                self.rosters.forget(conversation, user);
            }
            match (locked.get(&conversation), roles.get(&(conversation, user))) {
                // So that the author's next message is checked against the present roster.
                (Some(Locked { kind, version, .. }), Some(role)) => {
                    let standing = Standing { kind: *kind, role: *role, roster: *version };
                    self.rosters.learn(read_at, conversation, user, standing);
                }
                _ => self.rosters.forget(conversation, user),
            }
        }
        Ok(decisions)
    }

    fn statement(&self, sql: String, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.db.dialect.backend, sql, values)
    }

    /// Locks the conversations in the order of their ids: the order of everybody who locks several.
    async fn lock(
        &self,
        tx: &DatabaseTransaction,
        jobs: &[Job],
    ) -> Result<BTreeMap<ConversationId, Locked>, Failure> {
        let sql = format!(
            "SELECT c.id, c.kind, c.head, c.last_seq, c.roster_version FROM conversations c \
             WHERE c.id IN (SELECT k.conversation_id FROM {}) ORDER BY c.id {}",
            self.db.dialect.keys, self.db.dialect.for_update
        );
        let found =
            tx.query_all_raw(self.statement(sql, keys(self.db.dialect.backend, jobs))).await?;
        let mut locked = BTreeMap::new();
        for row in &found {
            let columns = &mut Columns::of(row);
            let id = ConversationId::new(columns.next()?);
            let kind = kind(columns.next()?)?;
            let next = Base { head: columns.next()?, last_seq: columns.next()? };
            let version = RosterVersion::new(number(columns.next()?));
            locked.insert(id, Locked { kind, version, next, allocated: 0, at: i64::MIN });
        }
        Ok(locked)
    }

    /// The roles of those authors who are members now.
    async fn roles(
        &self,
        tx: &DatabaseTransaction,
        jobs: &[Job],
    ) -> Result<HashMap<(ConversationId, UserId), Role>, Failure> {
        let sql = format!(
            "SELECT m.conversation_id, m.user_id, m.role FROM {} JOIN members m \
             ON m.conversation_id = k.conversation_id AND m.user_id = k.author_id",
            self.db.dialect.keys
        );
        let found =
            tx.query_all_raw(self.statement(sql, keys(self.db.dialect.backend, jobs))).await?;
        let mut roles = HashMap::with_capacity(found.len());
        for row in &found {
            let columns = &mut Columns::of(row);
            let member =
                (ConversationId::new(columns.next()?), UserId::new(columns.next::<Uuid>()?));
            roles.insert(member, role(columns.next()?)?);
        }
        Ok(roles)
    }

    /// Messages that are stored under these client ids already.
    async fn stored<'jobs>(
        &self,
        tx: &DatabaseTransaction,
        jobs: &'jobs [Job],
    ) -> Result<HashMap<Key<'jobs>, Message>, Failure> {
        let sql = stored_sql(self.db.dialect);
        let found =
            tx.query_all_raw(self.statement(sql, keys(self.db.dialect.backend, jobs))).await?;
        if found.is_empty() {
            return Ok(HashMap::new());
        }
        let mut by_key: HashMap<(ConversationId, UserId, String), Message> = HashMap::new();
        for row in &found {
            let columns = &mut Columns::of(row);
            if let Some(mut found) = quoted(columns)? {
                found.reactions = reactions(columns)?;
                let client_id = found.client_id.as_str().to_owned();
                by_key.insert((found.conversation, found.author, client_id), found);
            }
        }
        let mut stored = HashMap::with_capacity(by_key.len());
        for Job { message, .. } in jobs {
            let client_id = message.client_id.as_str();
            let key = (message.conversation, message.author, client_id.to_owned());
            if let Some(found) = by_key.remove(&key) {
                stored.insert((message.conversation, message.author, client_id), found);
            }
        }
        Ok(stored)
    }

    /// Inserts what was allocated and counts the conversations up.
    async fn write(
        &self,
        tx: &DatabaseTransaction,
        locked: &BTreeMap<ConversationId, Locked>,
        placed: &[(&NewMessage, Place)],
    ) -> Result<(), Failure> {
        let dialect = self.db.dialect;
        let groups: Vec<Group> = locked
            .iter()
            .filter(|(_, conversation)| conversation.allocated > 0)
            .map(|(id, conversation)| Group {
                conversation: *id,
                version: conversation.version,
                at: conversation.at,
                len: conversation.allocated,
            })
            .collect();
        insert_placed(tx, dialect, placed).await?;
        let count = format!(
            "UPDATE conversations SET head = head + b.n, last_seq = last_seq + b.n, \
             active_at = CASE WHEN active_at < b.at THEN b.at ELSE active_at END FROM {} \
             WHERE conversations.id = b.id AND conversations.roster_version = b.version",
            dialect.counts
        );
        tx.execute_raw(self.statement(count, counts(dialect.backend, &groups))).await?;
        Ok(())
    }
}

impl Locked {
    /// Whether the right to call everybody has to be asked for again.
    fn outdates(&self, message: &NewMessage) -> bool {
        message.mentions.all && message.checked != self.version
    }

    fn allocate(&mut self, message: &NewMessage) -> Place {
        self.next.head = self.next.head.saturating_add(1);
        self.next.last_seq = self.next.last_seq.saturating_add(1);
        self.allocated += 1;
        self.at = self.at.max(message.created_at.as_millis());
        Place { seq: self.next.last_seq, pos: self.next.head }
    }
}
