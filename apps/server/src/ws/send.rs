//! `message.send`

use kabar_chats::{ClientId, SendMessage};
use kabar_kernel::{ConversationId, MessageId};
use kabar_wire::ws;
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::{
    http::{MessageLimit, problem::Problem},
    present,
};

pub(super) async fn send(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::SendMessage,
) -> Result<(), Problem> {
    socket.services().rates.send(socket.identity.user)?;
    let sent = socket
        .services()
        .chats
        .send(SendMessage {
            conversation: ConversationId::new(command.conversation_id.uuid()),
            author: socket.identity.user,
            client_id: Some(
                ClientId::parse(command.client_id)
                    .map_err(|flaw| Problem::flawed("client_id", &flaw))?,
            ),
            body: MessageLimit(socket.gateway.settings.max_message).body(command.body)?,
            reply_to: command.reply_to.map(|message| MessageId::new(message.uuid())),
        })
        .await?;
    let message = present::message(&sent.message);
    answer::ack(socket.connection(), id, ws::Sent { message });
    Ok(())
}
