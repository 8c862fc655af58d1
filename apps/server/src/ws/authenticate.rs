//! Who is at the other end, when the upgrade did not say.

use actix_web::web::Bytes;
use actix_ws::AggregatedMessage;
use kabar_realtime::{CloseCode, Connection, frame};
use kabar_users::Identity;
use kabar_wire::ws::{Auth, Command, CommandName, Empty, EventName, Outgoing};

use super::{Gateway, answer, command, encode, incoming::Incoming};
use crate::{
    http::problem::{Problem, ProblemCode},
    rate_limits::FrameBucket,
};

/// Reads `auth` as the first frame; answers who it is and the frame that acknowledges it, for when
/// the connection opens.
pub(super) async fn first_frame(
    gateway: &Gateway,
    connection: &Connection,
    incoming: &mut Incoming,
    frames: &FrameBucket,
) -> Result<(Identity, Bytes), CloseCode> {
    loop {
        let message = incoming.next().await.ok_or(CloseCode::Normal)??;
        frames.take().map_err(|_| CloseCode::TooMany)?;
        let text = match message {
            AggregatedMessage::Text(text) => text,
            AggregatedMessage::Ping(payload) => {
                connection.push(frame::pong(&payload));
                continue;
            }
            AggregatedMessage::Pong(_) => continue,
            AggregatedMessage::Binary(_) => return Err(CloseCode::BadCommand),
            AggregatedMessage::Close(_) => return Err(CloseCode::Normal),
        };
        let command = command::parse(&text).ok_or(CloseCode::BadCommand)?;
        if CommandName::parse(&command.event) != Some(CommandName::Auth) {
            let problem = Problem::new(ProblemCode::AuthTokenMissing);
            answer::refuse(connection, command.id, &problem);
            return Err(CloseCode::Unauthenticated);
        }
        return match identify(gateway, &command).await {
            Ok(identity) => {
                let ack = Outgoing { event: EventName::Ack, id: command.id, data: Empty {} };
                Ok((identity, encode::outgoing(&ack)))
            }
            Err(problem) => {
                answer::refuse(connection, command.id, &problem);
                Err(CloseCode::Unauthenticated)
            }
        };
    }
}

async fn identify(gateway: &Gateway, command: &Command<'_>) -> Result<Identity, Problem> {
    let auth: Auth = command::read(command.data)?;
    Ok(gateway.services.sessions.check(&auth.token).await?)
}
