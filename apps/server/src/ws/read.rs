//! `read`

use kabar_kernel::{ConversationId, Seq};
use kabar_wire::ws;
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::{http::problem::Problem, present};

pub(super) async fn read(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::Read,
) -> Result<(), Problem> {
    let cursor = socket
        .gateway
        .chats
        .mark_read(
            ConversationId::new(command.conversation_id.uuid()),
            socket.identity.user,
            Seq::new(command.seq.get()),
        )
        .await?;
    answer::ack(socket.connection(), id, present::read_cursor(&cursor));
    Ok(())
}
