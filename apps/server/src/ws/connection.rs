//! The life of one socket.

use std::{sync::Arc, time::Duration};

use actix_web::web::Bytes;
use actix_ws::AggregatedMessage;
use kabar_kernel::{ConversationId, PortResult};
use kabar_realtime::{Attach, CloseCode, Connection, Device, frame};
use kabar_users::{Identity, ProfileError};
use kabar_wire::ws::{EventName, Limits, Ready, SYNC_MAX};

use super::{Gateway, authenticate, command, encode, incoming::Incoming, socket::Socket};
use crate::{drain::Draining, present, rate_limits::FrameBucket};

/// How often the conversations of a user are loaded before the server gives up on keeping up with
/// changes that happen meanwhile.
const FOLLOW_TRIES: usize = 8;

/// Serves a socket until it is closed.
pub(super) async fn run(
    gateway: Arc<Gateway>,
    connection: Arc<Connection>,
    mut incoming: Incoming,
    identity: Option<Identity>,
    draining: &Draining,
) {
    // Whatever ends this, a panic included: without a reader nobody would notice a dead peer.
    let _ended = CloseOnDrop(Arc::clone(&connection));
    let frames = gateway.services.rates.frame_bucket();
    let (identity, ack) = match identity {
        Some(identity) => (identity, Bytes::new()),
        None => {
            let timeout = gateway.settings.auth_timeout;
            let first = authenticate::first_frame(&gateway, &connection, &mut incoming, &frames);
            match tokio::time::timeout(timeout, Box::pin(first)).await {
                Ok(Ok(first)) => first,
                Ok(Err(code)) => return connection.close(code),
                Err(_) => return connection.close(CloseCode::TimedOut),
            }
        }
    };
    let code = match Box::pin(begin(gateway, Arc::clone(&connection), identity, &ack)).await {
        // Sockets whose user was known before are closed one after the other.
        Ok(Some(_)) if draining.is_draining() => CloseCode::Restart,
        Ok(Some(socket)) => converse(&socket, &mut incoming, &frames).await,
        Ok(None) => CloseCode::Unauthenticated,
        Err(error) => {
            tracing::error!(%error, "could not begin a connection");
            CloseCode::Failure
        }
    };
    connection.close(code);
}

struct CloseOnDrop(Arc<Connection>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // Only the first close counts.
        self.0.close(CloseCode::Failure);
    }
}

/// Makes the socket hear of everything its user has a right to, and says so after `ack`. `None` when
/// the session ended meanwhile.
async fn begin(
    gateway: Arc<Gateway>,
    connection: Arc<Connection>,
    identity: Identity,
    ack: &[u8],
) -> PortResult<Option<Socket>> {
    let device =
        Device::new(Arc::clone(&connection), identity.user, identity.session, identity.expires_at);
    // Before the hub knows the device: what moves from now on is told live, or found by `since`.
    let time = gateway.services.clock.now();
    let attach = gateway.services.hub.attach(Arc::new(device));
    // Asked after the hub knows the device: an end of the session before this is seen here, and one
    // after it closes the device.
    if !gateway.services.sessions.is_live(identity.session).await? {
        return Ok(None);
    }
    let (follows, epoch, told) = tokio::join!(
        follow_all(&gateway, &attach),
        gateway.services.chats.epoch(),
        load_rules(&gateway, &attach),
    );
    if !follows? || !told? {
        connection.close(CloseCode::Failure);
    }
    let ready = Ready {
        session_id: present::id(identity.session),
        user_id: present::id(identity.user),
        epoch: epoch?,
        heartbeat_seconds: gateway.settings.heartbeat_seconds,
        time: present::time(time),
        limits: Limits {
            frame_bytes: gateway.settings.max_frame,
            message_bytes: gateway.settings.max_message,
            sync_positions: SYNC_MAX,
            replay_entries: kabar_kernel::PageSize::REPLAY.get(),
        },
    };
    let ready = encode::event(EventName::Ready, ready);
    connection.open_with(Bytes::from([ack, &ready].concat()));
    Ok(Some(Socket { gateway, attach, identity }))
}

/// Loads by which rules the user is told of what concerns them, and whether they show that they are
/// typing: after the device was attached, which hears of changes. `false` when there is no such user
/// any more.
async fn load_rules(gateway: &Gateway, attach: &Attach) -> PortResult<bool> {
    let device = attach.device();
    let (rules, privacy) = tokio::join!(
        gateway.services.notifications.rules(device.user),
        gateway.services.privacies.of(device.user)
    );
    device.init_rules(rules?);
    match privacy {
        Ok(privacy) => device.init_typing(privacy.typing),
        Err(ProfileError::NotFound) => return Ok(false),
        Err(ProfileError::Port(error)) => return Err(error),
    }
    Ok(true)
}

/// Follows all conversations of the user; those that somebody left between the loading and the
/// following are loaded again, since it may have been this user.
async fn follow_all(gateway: &Gateway, attach: &Attach) -> PortResult<bool> {
    let mut only: Option<Vec<ConversationId>> = None;
    for _ in 0..FOLLOW_TRIES {
        let states = gateway.services.chats.states(attach.device().user).await?;
        let conversations = states
            .iter()
            .filter(|state| only.as_ref().is_none_or(|only| only.contains(&state.id)))
            .map(|state| (state.id, state.kind, state.head))
            .collect();
        let again = attach.follow(conversations).await;
        if again.is_empty() {
            return Ok(true);
        }
        only = Some(again);
    }
    Ok(false)
}

/// How long live events wait after `ready` for the client to say by `sync` what it has, so that what
/// it missed comes before them. A client that says something else, or nothing, gets them then.
const HOLD: Duration = Duration::from_millis(250);

/// Answers commands one after the other, until the socket closes; answers why it did.
async fn converse(socket: &Socket, incoming: &mut Incoming, frames: &FrameBucket) -> CloseCode {
    let connection = socket.connection();
    let mut holding = true;
    loop {
        // Who sends faster than it reads its answers is slowed down by TCP, not cut off.
        if !connection.room().await {
            return CloseCode::Normal;
        }
        let next = if holding {
            match tokio::time::timeout(HOLD, incoming.next()).await {
                Ok(next) => next,
                Err(_) => {
                    connection.release();
                    holding = false;
                    continue;
                }
            }
        } else {
            incoming.next().await
        };
        let message = match next {
            Some(Ok(message)) => message,
            Some(Err(code)) => return code,
            None => return CloseCode::Normal,
        };
        connection.heard(socket.services().hub.seconds());
        if frames.take().is_err() {
            return CloseCode::TooMany;
        }
        match message {
            AggregatedMessage::Text(text) => {
                // On the heap while it lasts: most sockets are idle most of the time, and their
                // memory is that of the largest thing they may do.
                let answered = Box::pin(command::answer(socket, &text));
                if let Err(code) = answered.await {
                    return code;
                }
                connection.release();
                holding = false;
            }
            AggregatedMessage::Ping(payload) => {
                connection.push(frame::pong(&payload));
            }
            AggregatedMessage::Pong(_) => {}
            AggregatedMessage::Binary(_) => return CloseCode::BadCommand,
            AggregatedMessage::Close(_) => return CloseCode::Normal,
        }
    }
}
