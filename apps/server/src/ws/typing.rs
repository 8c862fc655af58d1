//! `typing`

use kabar_kernel::ConversationId;
use kabar_wire::ws;
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::http::problem::{Problem, ProblemCode};

/// Tells the others that the user is typing. Whether anybody was told, the answer does not say.
pub(super) async fn typing(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::Typing,
) -> Result<(), Problem> {
    if !socket.attach.typing(ConversationId::new(command.conversation_id.uuid())).await {
        return Err(Problem::new(ProblemCode::ChatConversationNotFound));
    }
    answer::ack(socket.connection(), id, ws::Empty {});
    Ok(())
}
