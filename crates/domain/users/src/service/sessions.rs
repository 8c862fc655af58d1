use std::{sync::Arc, time::Duration};

use kabar_kernel::{Clock, IdSource, PortResult, SecretSource, SessionId, Timestamp, UserId};

use crate::{
    AccessClaims, AccessToken, RefreshSecret, RefreshToken, Session, User,
    ports::{
        AccessTokens, CredentialStore, PasswordHasher, RefreshSecrets, SessionStore, UserStore,
    },
};

/// How long things last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// An access token, in whole seconds.
    pub access: Duration,
    /// A session that is not refreshed.
    pub idle: Duration,
    /// A session, whatever happens.
    pub absolute: Duration,
    /// How long after its use a refresh token is answered with the same successor again.
    pub grace: Duration,
}

impl Default for SessionLimits {
    /// 10 min, 30 days, 90 days, 10 s.
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            access: Duration::from_secs(600),
            idle: Duration::from_secs(30 * DAY),
            absolute: Duration::from_secs(90 * DAY),
            grace: Duration::from_secs(10),
        }
    }
}

/// What a client gets to act with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For every request.
    pub access: AccessToken,
    /// How long the access token is good.
    pub expires_in: Duration,
    /// For the next tokens.
    pub refresh: RefreshToken,
}

/// A user with fresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The account.
    pub user: User,
    /// Its tokens.
    pub tokens: Tokens,
}

/// Logging in, refreshing, logging out, and checking who somebody is.
pub struct Sessions {
    pub(super) users: Arc<dyn UserStore>,
    pub(super) credentials: Arc<dyn CredentialStore>,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) hasher: Arc<dyn PasswordHasher>,
    pub(super) access_tokens: Arc<dyn AccessTokens>,
    pub(super) refresh_secrets: Arc<dyn RefreshSecrets>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) secrets: Arc<dyn SecretSource>,
    pub(super) limits: SessionLimits,
}

/// The ports that [`Sessions`] works over, by name, since there are many.
pub struct SessionPorts {
    /// Accounts.
    pub users: Arc<dyn UserStore>,
    /// Password hashes.
    pub credentials: Arc<dyn CredentialStore>,
    /// Sessions.
    pub store: Arc<dyn SessionStore>,
    /// Hashing passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signing access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Deriving refresh secrets.
    pub refresh_secrets: Arc<dyn RefreshSecrets>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Session ids.
    pub ids: Arc<dyn IdSource>,
    /// First refresh secrets.
    pub secrets: Arc<dyn SecretSource>,
}

impl Sessions {
    /// The service over its ports.
    pub fn new(ports: SessionPorts, limits: SessionLimits) -> Self {
        Self {
            users: ports.users,
            credentials: ports.credentials,
            store: ports.store,
            hasher: ports.hasher,
            access_tokens: ports.access_tokens,
            refresh_secrets: ports.refresh_secrets,
            clock: ports.clock,
            ids: ports.ids,
            secrets: ports.secrets,
            limits,
        }
    }

    /// Makes a session for a user who has proved who they are.
    pub(super) async fn open(&self, user: UserId) -> PortResult<Tokens> {
        let now = self.clock.now();
        let session = Session {
            id: SessionId::new(self.ids.next_id()),
            user,
            created_at: now,
            idle_until: now.after(self.limits.idle),
            expires_at: now.after(self.limits.absolute),
            ended_at: None,
        };
        let secret = RefreshSecret::new(self.secrets.secret()?);
        self.store.create(&session, &self.refresh_secrets.digest(&secret)).await?;
        self.tokens(&session, secret, now)
    }

    pub(super) fn tokens(
        &self,
        session: &Session,
        secret: RefreshSecret,
        now: Timestamp,
    ) -> PortResult<Tokens> {
        let claims = AccessClaims {
            user: session.user,
            session: session.id,
            issued_at: now,
            expires_at: now.after(self.limits.access),
        };
        Ok(Tokens {
            access: self.access_tokens.issue(&claims)?,
            expires_in: self.limits.access,
            refresh: RefreshToken { session: session.id, secret },
        })
    }
}
