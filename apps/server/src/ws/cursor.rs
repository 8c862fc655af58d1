//! `read`, `delivered`, `unread`: how far the user is.

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
    let conversation = ConversationId::new(command.conversation_id.uuid());
    let (reader, seq) = (socket.identity.user, Seq::new(command.seq.get()));
    let cursor = socket.services().chats.mark_read(conversation, reader, seq).await?;
    answer::ack(socket.connection(), id, present::read_cursor(&cursor));
    Ok(())
}

pub(super) async fn delivered(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::Delivered,
) -> Result<(), Problem> {
    let conversation = ConversationId::new(command.conversation_id.uuid());
    let (reader, seq) = (socket.identity.user, Seq::new(command.seq.get()));
    let cursor = socket.services().chats.mark_delivered(conversation, reader, seq).await?;
    answer::ack(socket.connection(), id, present::read_cursor(&cursor));
    Ok(())
}

pub(super) async fn unread(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::Unread,
) -> Result<(), Problem> {
    let conversation = ConversationId::new(command.conversation_id.uuid());
    let cursor = socket.services().chats.mark_unread(conversation, socket.identity.user).await?;
    answer::ack(socket.connection(), id, present::read_cursor(&cursor));
    Ok(())
}
