//! What is done to a message: `message.edit`, `message.delete`, `message.pin`, `message.unpin`,
//! `reaction.add`, `reaction.remove`.

use kabar_chats::{Emoji, Message, OnMessage};
use kabar_kernel::{ConversationId, MessageId};
use kabar_wire::ws;
use serde_json::value::RawValue;

use super::{answer, socket::Socket};
use crate::{
    http::{MessageLimit, problem::Problem},
    present,
};

pub(super) async fn edit(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::EditMessage,
) -> Result<(), Problem> {
    let on = on(socket, command.conversation_id, command.message_id);
    let body = MessageLimit(socket.gateway.settings.max_message).body(command.body)?;
    socket.services().rates.change(on.actor)?;
    let message = socket.services().chats.edit(on, body).await?;
    changed(socket, id, &message);
    Ok(())
}

pub(super) async fn delete(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::OnMessage,
) -> Result<(), Problem> {
    let on = on(socket, command.conversation_id, command.message_id);
    socket.services().rates.change(on.actor)?;
    socket.services().chats.delete(on).await?;
    answer::ack(socket.connection(), id, ws::Empty {});
    Ok(())
}

pub(super) async fn pin(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::OnMessage,
) -> Result<(), Problem> {
    let on = on(socket, command.conversation_id, command.message_id);
    socket.services().rates.change(on.actor)?;
    socket.services().chats.pin(on).await?;
    answer::ack(socket.connection(), id, ws::Empty {});
    Ok(())
}

pub(super) async fn unpin(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::OnMessage,
) -> Result<(), Problem> {
    let on = on(socket, command.conversation_id, command.message_id);
    socket.services().rates.change(on.actor)?;
    socket.services().chats.unpin(on).await?;
    answer::ack(socket.connection(), id, ws::Empty {});
    Ok(())
}

pub(super) async fn react(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::React,
) -> Result<(), Problem> {
    let on = on(socket, command.conversation_id, command.message_id);
    let emoji = emoji(&command.emoji)?;
    socket.services().rates.change(on.actor)?;
    let message = socket.services().chats.react(on, emoji).await?;
    changed(socket, id, &message);
    Ok(())
}

pub(super) async fn unreact(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::React,
) -> Result<(), Problem> {
    let on = on(socket, command.conversation_id, command.message_id);
    let emoji = emoji(&command.emoji)?;
    socket.services().rates.change(on.actor)?;
    let message = socket.services().chats.unreact(on, emoji).await?;
    changed(socket, id, &message);
    Ok(())
}

fn on(socket: &Socket, conversation: kabar_wire::Id, message: kabar_wire::Id) -> OnMessage {
    OnMessage {
        conversation: ConversationId::new(conversation.uuid()),
        actor: socket.identity.user,
        message: MessageId::new(message.uuid()),
    }
}

fn emoji(text: &str) -> Result<Emoji, Problem> {
    Emoji::parse(text).map_err(|flaw| Problem::field("emoji", "invalid", flaw.to_string()))
}

fn changed(socket: &Socket, id: Option<&RawValue>, message: &Message) {
    answer::ack(socket.connection(), id, ws::Changed { message: present::message(message) });
}
