//! `message.forward`

use kabar_chats::{ClientId, ForwardMessage};
use kabar_kernel::{ConversationId, MessageId};
use kabar_wire::ws;
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::{http::problem::Problem, present};

pub(super) async fn forward(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::ForwardMessage,
) -> Result<(), Problem> {
    let command = ForwardMessage {
        conversation: ConversationId::new(command.conversation_id.uuid()),
        author: socket.identity.user,
        client_id: Some(
            ClientId::parse(command.client_id)
                .map_err(|flaw| Problem::flawed("client_id", &flaw))?,
        ),
        from: ConversationId::new(command.from_conversation_id.uuid()),
        message: MessageId::new(command.message_id.uuid()),
    };
    socket.services().rates.send(socket.identity.user)?;
    let sent = socket.services().chats.forward(command).await?;
    answer::ack(socket.connection(), id, ws::Sent { message: present::message(&sent.message) });
    Ok(())
}
