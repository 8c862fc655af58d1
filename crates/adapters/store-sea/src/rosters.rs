//! Who may do what, remembered.
//!
//! What is remembered may be old: every append carries the roster version it was checked against,
//! and membership is decided anew inside the transaction when that is not the present one. What else
//! follows from a role (calling everybody) is not: such an append is refused as outdated, and its
//! caller asks again. So remembering can make an append slower, never wrong. Absence is never
//! remembered.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kabar_chats::{Standing, ports::Roster};
use kabar_kernel::{ConversationId, PortResult, RosterVersion, UserId};
use quick_cache::sync::Cache;

use crate::{
    codec::{Columns, kind, number, role},
    connect::Db,
    dialect::Dialect,
    failure::{Failure, OrPort},
    log::texts,
    store::SeaStore,
};

/// Conversations whose last change by this node is remembered.
const CHANGED_CONVERSATIONS: usize = 10_000;

/// Counts the changes this node made to rosters. What was loaded before a change must not be
/// remembered after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation(u64);

/// The remembered standings.
#[derive(Debug)]
pub(crate) struct Rosters {
    standings: Cache<(ConversationId, UserId), Standing>,
    /// The roster version that this node's last change of a conversation made: standings of older
    /// versions are not answered any more.
    changed: Cache<ConversationId, RosterVersion>,
    generation: Mutex<Generation>,
}

impl Rosters {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            standings: Cache::new(capacity),
            changed: Cache::new(CHANGED_CONVERSATIONS),
            generation: Mutex::new(Generation(0)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Generation> {
        self.generation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be asked before what [`Rosters::learn`] is then told is read.
    pub(crate) fn generation(&self) -> Generation {
        *self.lock()
    }

    /// Remembers a standing, unless a roster has changed since `read_at`.
    pub(crate) fn learn(
        &self,
        read_at: Generation,
        conversation: ConversationId,
        user: UserId,
        standing: Standing,
    ) {
        let generation = self.lock();
        if *generation == read_at {
            self.standings.insert((conversation, user), standing);
        }
    }

    /// Forgets one who was found not to be a member, or whose standing is to be read anew.
    pub(crate) fn forget(&self, conversation: ConversationId, user: UserId) {
        self.standings.remove(&(conversation, user));
    }

    /// To be told once a change of the roster is committed, or may be.
    pub(crate) fn change(
        &self,
        conversation: ConversationId,
        version: RosterVersion,
        affected: impl IntoIterator<Item = UserId>,
    ) {
        let mut generation = self.lock();
        *generation = Generation(generation.0.wrapping_add(1));
        self.changed.insert(conversation, version);
        for user in affected {
            self.standings.remove(&(conversation, user));
        }
    }

    fn remembered(&self, conversation: ConversationId, user: UserId) -> Option<Standing> {
        let standing = self.standings.get(&(conversation, user))?;
        let is_current =
            self.changed.get(&conversation).is_none_or(|version| standing.roster >= version);
        is_current.then_some(standing)
    }
}

/// The standing of `$2` in `$1`.
pub(crate) const STANDING: &str = "SELECT c.kind, m.role, c.roster_version FROM members m \
    JOIN conversations c ON c.id = m.conversation_id \
    WHERE m.conversation_id = $1 AND m.user_id = $2";

async fn load(
    db: &Db,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Standing>, Failure> {
    let row = db.one(STANDING, [conversation.as_uuid().into(), user.as_uuid().into()]).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let mut columns = Columns::of(&row);
    Ok(Some(Standing {
        kind: kind(columns.next()?)?,
        role: role(columns.next()?)?,
        roster: RosterVersion::new(number(columns.next()?)),
    }))
}

/// The active members of `$1` whose usernames are among the dialect's `texts`.
pub(crate) fn named_sql(dialect: &Dialect) -> String {
    format!(
        "SELECT users.username, users.id FROM {} JOIN users ON users.username = t.text \
         JOIN members m ON m.conversation_id = $1 AND m.user_id = users.id \
         WHERE users.deactivated_at IS NULL",
        dialect.texts
    )
}

async fn load_named(
    db: &Db,
    conversation: ConversationId,
    names: &[Vec<String>],
) -> Result<Vec<UserId>, Failure> {
    let spellings: HashSet<&String> = names.iter().flatten().collect();
    let spellings = spellings.into_iter().cloned().collect();
    let values = [conversation.as_uuid().into(), texts(db.dialect.backend, spellings)];
    let mut members: HashMap<String, UserId> = HashMap::new();
    for row in &db.all(&named_sql(db.dialect), values).await? {
        let columns = &mut Columns::of(row);
        members.insert(columns.next()?, UserId::new(columns.next()?));
    }
    let mut seen = HashSet::new();
    let first = |spellings: &Vec<String>| spellings.iter().find_map(|name| members.get(name));
    Ok(names.iter().filter_map(first).copied().filter(|user| seen.insert(*user)).collect())
}

#[async_trait]
impl Roster for SeaStore {
    async fn standing(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> PortResult<Option<Standing>> {
        if let Some(standing) = self.rosters.remembered(conversation, user) {
            return Ok(Some(standing));
        }
        let read_at = self.rosters.generation();
        let found = load(&self.db, conversation, user).await.or_port("read a member's standing")?;
        if let Some(standing) = found {
            self.rosters.learn(read_at, conversation, user, standing);
        }
        Ok(found)
    }

    async fn named(
        &self,
        conversation: ConversationId,
        names: &[Vec<String>],
    ) -> PortResult<Vec<UserId>> {
        load_named(&self.db, conversation, names).await.or_port("read members by their names")
    }
}

#[cfg(test)]
mod tests {
    use kabar_chats::ConversationKind;
    use kabar_kernel::Role;
    use sea_orm::prelude::Uuid;

    use super::*;

    const HERE: ConversationId = ConversationId::new(Uuid::from_u128(1));
    const AYU: UserId = UserId::new(Uuid::from_u128(2));
    const BIMA: UserId = UserId::new(Uuid::from_u128(3));

    fn standing(version: u64) -> Standing {
        let roster = RosterVersion::new(version);
        Standing { kind: ConversationKind::Group, role: Role::Member, roster }
    }

    #[test]
    fn what_was_loaded_before_a_change_is_not_remembered_after_it() {
        let rosters = Rosters::new(100);
        let before = rosters.generation();
        rosters.change(HERE, RosterVersion::new(2), [AYU]);
        rosters.learn(before, HERE, AYU, standing(1));
        assert_eq!(rosters.remembered(HERE, AYU), None);
        rosters.learn(rosters.generation(), HERE, AYU, standing(2));
        assert_eq!(rosters.remembered(HERE, AYU), Some(standing(2)));
    }

    #[test]
    fn a_change_outdates_the_standings_of_all_members() {
        let rosters = Rosters::new(100);
        rosters.learn(rosters.generation(), HERE, AYU, standing(1));
        rosters.learn(rosters.generation(), HERE, BIMA, standing(1));
        rosters.change(HERE, RosterVersion::new(2), [AYU]);
        assert_eq!(rosters.remembered(HERE, AYU), None);
        assert_eq!(rosters.remembered(HERE, BIMA), None, "of an older roster");
    }

    #[test]
    fn no_more_is_remembered_than_fits() {
        let rosters = Rosters::new(100);
        for user in 0..10_000 {
            let user = UserId::new(Uuid::from_u128(user));
            rosters.learn(rosters.generation(), HERE, user, standing(1));
        }
        assert!(rosters.standings.len() <= 100);
    }
}
