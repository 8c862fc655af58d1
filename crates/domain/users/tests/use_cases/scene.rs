//! The services on stores in memory.

use std::{sync::Arc, time::Duration};

use kabar_kernel::{Clock, IdSource, Timestamp, UserId};
use kabar_store_memory::{MemoryStore, Unheard};
use kabar_users::{
    Accounts, DisplayName, LogIn, LogInError, LoggedIn, Password, Register, RegisterError,
    SessionLimits, SessionPorts, Sessions, Tokens, User, Username,
    ports::{CreateUser, PasswordHasher, UserStore},
};

use crate::{
    fakes::{CountedSecrets, FakeHasher, FakeRefreshSecrets, FakeTokens},
    fixed::{CountedIds, FixedClock},
};

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Scene {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<CountedIds>,
    pub(crate) hasher: Arc<FakeHasher>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) accounts: Accounts,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(FixedClock::new());
        let ids = Arc::new(CountedIds::new());
        let hasher = Arc::new(FakeHasher::default());
        let store = MemoryStore::new(Unheard::feed(), Unheard::feed());
        let ports = SessionPorts {
            users: store.clone(),
            credentials: store.clone(),
            store: store.clone(),
            hasher: hasher.clone(),
            access_tokens: Arc::new(FakeTokens { clock: clock.clone() }),
            refresh_secrets: Arc::new(FakeRefreshSecrets),
            clock: clock.clone(),
            ids: ids.clone(),
            secrets: Arc::new(CountedSecrets::default()),
        };
        let sessions = Arc::new(Sessions::new(ports, SessionLimits::default()));
        let accounts = Accounts::new(
            store.clone(),
            hasher.clone(),
            sessions.clone(),
            clock.clone(),
            ids.clone(),
        );
        Self { clock, ids, hasher, store, sessions, accounts }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(crate) async fn try_register(&self, typed: &str) -> Result<LoggedIn, RegisterError> {
        self.accounts.register(registration(typed)).await
    }

    /// A registered account, logged in; its password is [`PASSWORD`].
    pub(crate) async fn register(&self, typed: &str) -> LoggedIn {
        self.try_register(typed).await.unwrap()
    }

    pub(crate) async fn log_in(
        &self,
        username: &str,
        password: &str,
    ) -> Result<LoggedIn, LogInError> {
        self.sessions.log_in(attempt(username, password)).await
    }

    /// An account that was deactivated; its password is [`PASSWORD`].
    pub(crate) async fn deactivated(&self, name: &str) -> UserId {
        let now = self.now();
        let account = account(UserId::new(self.ids.next_id()), name, now);
        let user = User { deactivated_at: Some(now), ..account };
        let hash = self.hasher.hash(&password(PASSWORD)).await.unwrap();
        let created = UserStore::create(&*self.store, &user, &hash).await.unwrap();
        assert_eq!(created, CreateUser::Created);
        user.id
    }

    /// Whether these access tokens are accepted now.
    pub(crate) async fn accepts(&self, tokens: &Tokens) -> bool {
        self.sessions.check(tokens.access.as_str()).await.is_ok()
    }
}

pub(crate) fn account(id: UserId, name: &str, created_at: Timestamp) -> User {
    User {
        id,
        username: username(name),
        display_name: DisplayName::parse(name).unwrap(),
        created_at,
        deactivated_at: None,
    }
}

pub(crate) fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

pub(crate) fn password(text: &str) -> Password {
    Password::choose(text.to_owned()).unwrap()
}

pub(crate) fn registration(typed: &str) -> Register {
    Register { username: username(typed), display_name: None, password: password(PASSWORD) }
}

pub(crate) fn attempt(username: &str, password: &str) -> LogIn {
    LogIn { username: username.to_owned(), password: Password::attempt(password.to_owned()) }
}
