//! Remembers sessions for a moment, so that not every request reads a row.
//!
//! A session that ends on this node is forgotten at once; one that ends elsewhere within
//! [`BELIEVED_FOR`] (G8). What is forgotten while it is being read is not remembered again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kabar_kernel::{PortResult, SessionId, Timestamp, UserId};
use kabar_users::{
    SecretDigest, Session,
    ports::{RotateRequest, Rotation, SessionFeed, SessionStore},
};
use quick_cache::sync::Cache;

/// How long a session is believed to be as it was read.
pub(crate) const BELIEVED_FOR: Duration = Duration::from_secs(2);

/// Most sessions that are remembered; the least used ones go first.
const CAPACITY: usize = 100_000;

/// The sessions that were read a moment ago; hears of those that end, and passes it on.
pub(crate) struct SessionCache {
    sessions: Cache<SessionId, (Instant, Session)>,
    believed_for: Duration,
    /// Counts the sessions that ended, so that a read that was under way meanwhile is not kept.
    ended: AtomicU64,
    next: Arc<dyn SessionFeed>,
}

impl SessionCache {
    /// An empty cache in front of `next`, which hears of ended sessions after it.
    pub(crate) fn new(believed_for: Duration, next: Arc<dyn SessionFeed>) -> Arc<Self> {
        Arc::new(Self {
            sessions: Cache::new(CAPACITY),
            believed_for,
            ended: AtomicU64::new(0),
            next,
        })
    }

    /// The store, with this cache in front of its `by_id`.
    pub(crate) fn over(self: &Arc<Self>, store: Arc<dyn SessionStore>) -> CachedSessions {
        CachedSessions { cache: Arc::clone(self), store }
    }

    fn remembered(&self, session: SessionId) -> Option<Session> {
        let (read_at, session) = self.sessions.get(&session)?;
        (read_at.elapsed() < self.believed_for).then_some(session)
    }
}

impl SessionFeed for SessionCache {
    fn ended(&self, user: UserId, session: SessionId) {
        self.ended.fetch_add(1, Ordering::AcqRel);
        self.sessions.remove(&session);
        self.next.ended(user, session);
    }
}

/// A session store with a cache in front of it.
pub(crate) struct CachedSessions {
    cache: Arc<SessionCache>,
    store: Arc<dyn SessionStore>,
}

#[async_trait]
impl SessionStore for CachedSessions {
    async fn create(&self, session: &Session, secret: &SecretDigest) -> PortResult<()> {
        self.store.create(session, secret).await
    }

    async fn by_id(&self, session: SessionId) -> PortResult<Option<Session>> {
        if let Some(session) = self.cache.remembered(session) {
            return Ok(Some(session));
        }
        let ended_before = self.cache.ended.load(Ordering::Acquire);
        let read_at = Instant::now();
        let row = self.store.by_id(session).await?;
        if let Some(row) = &row {
            self.cache.sessions.insert(session, (read_at, row.clone()));
            if self.cache.ended.load(Ordering::Acquire) != ended_before {
                self.cache.sessions.remove(&session);
            }
        }
        Ok(row)
    }

    async fn rotate(&self, request: RotateRequest) -> PortResult<Rotation> {
        let session = request.session;
        let rotation = self.store.rotate(request).await;
        self.cache.sessions.remove(&session);
        rotation
    }

    async fn end(&self, session: SessionId, now: Timestamp) -> PortResult<bool> {
        let ended = self.store.end(session, now).await;
        self.cache.sessions.remove(&session);
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use kabar_users::ports::MockSessionStore;
    use uuid::Uuid;

    use super::*;

    /// Remembers whom it was told of.
    #[derive(Default)]
    struct Heard(Mutex<Vec<SessionId>>);

    impl SessionFeed for Heard {
        fn ended(&self, _user: UserId, session: SessionId) {
            self.0.lock().unwrap().push(session);
        }
    }

    const LONG: Duration = Duration::from_secs(3600);
    const USER: UserId = UserId::new(Uuid::from_u128(1));
    const SESSION: SessionId = SessionId::new(Uuid::from_u128(2));

    fn session() -> Session {
        Session {
            id: SESSION,
            user: USER,
            created_at: Timestamp::from_millis(0),
            idle_until: Timestamp::from_millis(1000),
            expires_at: Timestamp::from_millis(1000),
            ended_at: None,
        }
    }

    fn store_read(times: usize) -> Arc<MockSessionStore> {
        let mut store = MockSessionStore::new();
        store.expect_by_id().times(times).returning(|_| Ok(Some(session())));
        Arc::new(store)
    }

    #[tokio::test]
    async fn a_session_is_read_once_in_a_while() {
        let cache = SessionCache::new(LONG, Arc::new(Heard::default()));
        let sessions = cache.over(store_read(1));
        for _ in 0..3 {
            assert_eq!(sessions.by_id(SESSION).await.unwrap(), Some(session()));
        }
    }

    #[tokio::test]
    async fn what_was_read_too_long_ago_is_read_again() {
        let cache = SessionCache::new(Duration::ZERO, Arc::new(Heard::default()));
        let sessions = cache.over(store_read(2));
        for _ in 0..2 {
            assert_eq!(sessions.by_id(SESSION).await.unwrap(), Some(session()));
        }
    }

    #[tokio::test]
    async fn a_session_that_ends_is_forgotten_at_once_and_passed_on() {
        let heard = Arc::new(Heard::default());
        let cache = SessionCache::new(LONG, heard.clone());
        let sessions = cache.over(store_read(2));
        sessions.by_id(SESSION).await.unwrap();
        cache.ended(USER, SESSION);
        sessions.by_id(SESSION).await.unwrap();
        assert_eq!(*heard.0.lock().unwrap(), [SESSION]);
    }

    #[tokio::test]
    async fn a_session_that_ends_while_it_is_read_is_not_remembered() {
        let cache = SessionCache::new(LONG, Arc::new(Heard::default()));
        let mut store = MockSessionStore::new();
        let ending = Arc::clone(&cache);
        store.expect_by_id().times(2).returning(move |_| {
            ending.ended(USER, SESSION);
            Ok(Some(session()))
        });
        let sessions = cache.over(Arc::new(store));
        sessions.by_id(SESSION).await.unwrap();
        sessions.by_id(SESSION).await.unwrap();
    }
}
