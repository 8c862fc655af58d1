//! Sessions: the truth about who is logged in.

use std::sync::Arc;

use async_trait::async_trait;
use kabar_kernel::{PortResult, SessionId, Timestamp, UserId};
use kabar_users::{
    SecretDigest, Session,
    ports::{RotateRequest, Rotation, SessionFeed, SessionStore},
};
use sea_orm::EntityTrait;

use crate::{
    connect::Db,
    entity::session,
    failure::{Failure, OrPort},
    store::{SeaStore, to_its_end},
};

/// Live sessions only: everything else about the row is in the statement that says so.
const LIVE: &str = "ended_at IS NULL AND idle_until > $1 AND expires_at > $1";

fn session_of(row: &session::Model) -> Session {
    Session {
        id: SessionId::new(row.id),
        user: UserId::new(row.user_id),
        created_at: Timestamp::from_millis(row.created_at),
        idle_until: Timestamp::from_millis(row.idle_until),
        expires_at: Timestamp::from_millis(row.expires_at),
        ended_at: row.ended_at.map(Timestamp::from_millis),
    }
}

async fn row(db: &Db, session: SessionId) -> Result<Option<session::Model>, Failure> {
    // From the writer's side: what a rotation decides by must not be older than its own update.
    let found = session::Entity::find_by_id(session.as_uuid()).one(&db.writes);
    Ok(db.at_home(found).await?)
}

async fn rotate(
    db: &Db,
    feed: &Arc<dyn SessionFeed>,
    request: &RotateRequest,
) -> Result<Rotation, Failure> {
    let now = request.now.as_millis();
    let digest = |digest: &SecretDigest| digest.as_bytes().to_vec();
    // Whoever finds the presented secret current makes it the predecessor: one of any number.
    let rotated = db
        .write(
            &format!(
                "UPDATE sessions SET previous_digest = secret_digest, secret_digest = $2, \
                 rotated_at = $1, idle_until = $3 WHERE id = $4 AND secret_digest = $5 AND {LIVE} \
                 RETURNING user_id"
            ),
            [
                now.into(),
                digest(&request.successor).into(),
                request.now.after(request.idle).as_millis().into(),
                request.session.as_uuid().into(),
                digest(&request.presented).into(),
            ],
        )
        .await?;
    let Some(row) = row(db, request.session).await? else {
        return Ok(Rotation::Refused);
    };
    let mut session = session_of(&row);
    if !rotated.is_empty() {
        return Ok(Rotation::Rotated(session));
    }
    let is_predecessor =
        row.previous_digest.as_deref() == Some(request.presented.as_bytes().as_slice());
    if !session.is_live(request.now) {
        return Ok(Rotation::Refused);
    }
    if !is_predecessor {
        let current = row.secret_digest.as_slice().try_into();
        let current = SecretDigest::new(current.map_err(|_| Failure::Unreadable("digest"))?);
        return Ok(Rotation::Unknown { session, current });
    }
    let rotated_at = row.rotated_at.map_or(request.now, Timestamp::from_millis);
    if request.now.since(rotated_at) <= request.grace {
        return Ok(Rotation::Repeated(session));
    }
    // Not on the condition that it still is the predecessor: after a rotation that came between it
    // is an older one, and no less a copy.
    let ended = db
        .write(
            &format!(
                "UPDATE sessions SET ended_at = $1 WHERE id = $2 AND {LIVE} RETURNING user_id"
            ),
            [now.into(), request.session.as_uuid().into()],
        )
        .await?;
    if ended.is_empty() {
        return Ok(Rotation::Refused);
    }
    session.ended_at = Some(request.now);
    feed.ended(session.user, session.id);
    Ok(Rotation::Reused(session))
}

async fn end(
    db: &Db,
    feed: &Arc<dyn SessionFeed>,
    session: SessionId,
    now: Timestamp,
) -> Result<bool, Failure> {
    let ended = db
        .write(
            "UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL \
             RETURNING user_id, idle_until, expires_at",
            [now.as_millis().into(), session.as_uuid().into()],
        )
        .await?;
    let Some(ended) = ended.first() else {
        return Ok(false);
    };
    let idle_until: i64 = ended.try_get_by(1)?;
    let expires_at: i64 = ended.try_get_by(2)?;
    feed.ended(UserId::new(ended.try_get_by(0)?), session);
    Ok(now.as_millis() < idle_until.min(expires_at))
}

#[async_trait]
impl SessionStore for SeaStore {
    async fn create(&self, session: &Session, secret: &SecretDigest) -> PortResult<()> {
        let row = session::Model {
            id: session.id.as_uuid(),
            user_id: session.user.as_uuid(),
            secret_digest: secret.as_bytes().to_vec(),
            previous_digest: None,
            rotated_at: None,
            created_at: session.created_at.as_millis(),
            idle_until: session.idle_until.as_millis(),
            expires_at: session.expires_at.as_millis(),
            ended_at: session.ended_at.map(Timestamp::as_millis),
        };
        let inserted = session::Entity::insert(session::ActiveModel::from(row))
            .exec_without_returning(&self.db.writes);
        self.db.at_home(inserted).await.or_port("create a session").map(drop)
    }

    async fn by_id(&self, session: SessionId) -> PortResult<Option<Session>> {
        let found = session::Entity::find_by_id(session.as_uuid()).one(&self.db.reads);
        let row = self.db.at_home(found).await.or_port("read a session")?;
        Ok(row.as_ref().map(session_of))
    }

    async fn rotate(&self, request: RotateRequest) -> PortResult<Rotation> {
        let (db, feed) = (self.db.clone(), Arc::clone(&self.session_feed));
        to_its_end("rotate a session's secret", async move { rotate(&db, &feed, &request).await })
            .await
    }

    async fn end(&self, session: SessionId, now: Timestamp) -> PortResult<bool> {
        let (db, feed) = (self.db.clone(), Arc::clone(&self.session_feed));
        to_its_end("end a session", async move { end(&db, &feed, session, now).await }).await
    }
}
