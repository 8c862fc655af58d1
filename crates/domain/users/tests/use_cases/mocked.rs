//! The services on mocked ports. A mock without expectations fails the test when it is called, so
//! every port that a test does not mention is proved to be left alone.

use std::sync::Arc;

use kabar_kernel::{Clock, IdSource, PortError, PortResult, SecretSource, UserId};
use kabar_users::{
    AccessToken, Accounts, SessionLimits, SessionPorts, Sessions, User,
    ports::{
        HashedPassword, MockAccessTokens, MockCredentialStore, MockPasswordHasher,
        MockRefreshSecrets, MockSessionStore, MockUserStore, RefreshSecrets,
    },
};

use crate::{
    fakes::{CountedSecrets, FakeRefreshSecrets},
    fixed::{CountedIds, FixedClock},
    scene::account,
};

pub(crate) struct Mocked {
    pub(crate) users: MockUserStore,
    pub(crate) credentials: MockCredentialStore,
    pub(crate) store: MockSessionStore,
    pub(crate) hasher: MockPasswordHasher,
    pub(crate) access_tokens: MockAccessTokens,
    pub(crate) refresh_secrets: MockRefreshSecrets,
    pub(crate) secrets: Arc<dyn SecretSource>,
}

impl Mocked {
    pub(crate) fn new() -> Self {
        Self {
            users: MockUserStore::new(),
            credentials: MockCredentialStore::new(),
            store: MockSessionStore::new(),
            hasher: MockPasswordHasher::new(),
            access_tokens: MockAccessTokens::new(),
            refresh_secrets: MockRefreshSecrets::new(),
            secrets: Arc::new(CountedSecrets::default()),
        }
    }

    /// The store of accounts knows this one, and its password has this hash.
    pub(crate) fn know(&mut self, user: &User, hash: Option<HashedPassword>) {
        let (known, id) = (user.clone(), user.id);
        self.users.expect_by_username().times(1).return_once(move |_| Ok(Some(known)));
        self.credentials
            .expect_password_hash()
            .withf(move |user| *user == id)
            .times(1)
            .return_once(move |_| Ok(hash));
    }

    /// Whatever a session that is opened asks for is answered; one must be opened.
    pub(crate) fn open_one_session(&mut self) {
        self.store.expect_create().times(1).returning(|_, _| Ok(()));
        self.digest();
        self.access_tokens
            .expect_issue()
            .times(1)
            .returning(|_| Ok(AccessToken::new("signed".to_owned())));
    }

    /// Digests and successors are derived as [`FakeRefreshSecrets`] does.
    pub(crate) fn digest(&mut self) {
        self.refresh_secrets.expect_digest().returning(|secret| FakeRefreshSecrets.digest(secret));
        self.refresh_secrets
            .expect_successor()
            .returning(|secret| FakeRefreshSecrets.successor(secret));
    }

    pub(crate) fn sessions(self) -> Arc<Sessions> {
        self.services().0
    }

    pub(crate) fn accounts(self) -> Accounts {
        self.services().1
    }

    fn services(self) -> (Arc<Sessions>, Accounts) {
        let clock = Arc::new(FixedClock::new());
        let ids = Arc::new(CountedIds::new());
        let users = Arc::new(self.users);
        let hasher = Arc::new(self.hasher);
        let ports = SessionPorts {
            users: users.clone(),
            credentials: Arc::new(self.credentials),
            store: Arc::new(self.store),
            hasher: hasher.clone(),
            access_tokens: Arc::new(self.access_tokens),
            refresh_secrets: Arc::new(self.refresh_secrets),
            clock: clock.clone(),
            ids: ids.clone(),
            secrets: self.secrets,
        };
        let sessions = Arc::new(Sessions::new(ports, SessionLimits::default()));
        let accounts = Accounts::new(users, hasher, sessions.clone(), clock, ids);
        (sessions, accounts)
    }
}

/// An account that no store knows, for mocks to tell of.
pub(crate) fn ayu() -> User {
    account(UserId::new(CountedIds::new().next_id()), "ayu", FixedClock::new().now())
}

/// A hash that no hasher made.
pub(crate) fn some_hash(name: &str) -> HashedPassword {
    HashedPassword::new(name.to_owned())
}

/// What a port answers whose queue is full.
pub(crate) fn overloaded<T>() -> PortResult<T> {
    Err(PortError::transient("wait", "the queue is full"))
}
