use async_trait::async_trait;
use kabar_kernel::{PortError, PortResult, SessionId, Timestamp};
use kabar_users::{
    SecretDigest, Session,
    ports::{RotateRequest, Rotation, SessionStore},
};

use crate::MemoryStore;

/// A session with the digests of the secrets that mean something to it.
pub(crate) struct SessionRow {
    session: Session,
    current: SecretDigest,
    /// The secret before the current one, and when it was exchanged.
    predecessor: Option<(SecretDigest, Timestamp)>,
}

impl SessionRow {
    fn rotate(&mut self, request: &RotateRequest) -> Rotation {
        if !self.session.is_live(request.now) {
            return Rotation::Refused;
        }
        if request.presented == self.current {
            self.predecessor = Some((self.current, request.now));
            self.current = request.successor;
            self.session.idle_until = request.now.after(request.idle);
            return Rotation::Rotated(self.session.clone());
        }
        match self.predecessor {
            Some((digest, at)) if digest == request.presented => {
                if request.now.since(at) <= request.grace {
                    return Rotation::Repeated(self.session.clone());
                }
                self.session.ended_at = Some(request.now);
                Rotation::Reused(self.session.clone())
            }
            _ => Rotation::Unknown { session: self.session.clone(), current: self.current },
        }
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, session: &Session, secret: &SecretDigest) -> PortResult<()> {
        self.change(|state| {
            if state.sessions.contains_key(&session.id) {
                return Err(PortError::new("create a session", "its id is taken"));
            }
            let row = SessionRow { session: session.clone(), current: *secret, predecessor: None };
            state.sessions.insert(session.id, row);
            Ok(())
        })
    }

    async fn by_id(&self, session: SessionId) -> PortResult<Option<Session>> {
        Ok(self.read(|state| state.sessions.get(&session).map(|row| row.session.clone())))
    }

    async fn rotate(&self, request: RotateRequest) -> PortResult<Rotation> {
        let outcome = self.change(|state| match state.sessions.get_mut(&request.session) {
            Some(row) => row.rotate(&request),
            None => Rotation::Refused,
        });
        if let Rotation::Reused(session) = &outcome {
            self.shared.sessions.ended(session.user, session.id);
        }
        Ok(outcome)
    }

    async fn end(&self, session: SessionId, now: Timestamp) -> PortResult<bool> {
        let ended = self.change(|state| {
            let row = state.sessions.get_mut(&session)?;
            if !row.session.is_live(now) {
                return None;
            }
            row.session.ended_at = Some(now);
            Some(row.session.user)
        });
        if let Some(user) = ended {
            self.shared.sessions.ended(user, session);
        }
        Ok(ended.is_some())
    }
}
