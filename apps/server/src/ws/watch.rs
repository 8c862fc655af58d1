//! `presence`: whose coming and going this connection hears of.

use kabar_kernel::UserId;
use kabar_wire::ws;
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::{http::problem::Problem, present};

pub(super) async fn watch(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::WatchPresence,
) -> Result<(), Problem> {
    let watcher = socket.identity.user;
    socket.services().rates.search(watcher)?;
    let users: Vec<_> = command.user_ids.iter().map(|user| UserId::new(user.uuid())).collect();
    // Watched before it is asked, so that nobody comes or goes in between unnoticed.
    socket.attach.watch(users.clone());
    let presences = socket.services().presences.of(watcher, &users).await?;
    socket.attach.answered(&presences);
    let presences = presences.iter().map(present::presence).collect();
    answer::ack(socket.connection(), id, ws::Watched { presences });
    Ok(())
}
