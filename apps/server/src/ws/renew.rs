//! `auth` on a socket whose user is known.

use kabar_wire::ws::{Auth, Empty};
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::http::problem::{Problem, ProblemCode};

/// A fresher token of the same session keeps the socket open for longer. Who it acts
/// for never changes.
pub(super) async fn renew(
    socket: &Socket,
    id: Option<&RawValue>,
    auth: Auth,
) -> Result<(), Problem> {
    let identity = socket.services().sessions.check(&auth.token).await?;
    if identity.session != socket.identity.session {
        return Err(Problem::new(ProblemCode::AuthTokenInvalid));
    }
    socket.attach.device().renew(identity.expires_at);
    answer::ack(socket.connection(), id, Empty {});
    Ok(())
}
