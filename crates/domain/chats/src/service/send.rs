use kabar_kernel::{ConversationId, MessageId, PortError, UserId};

use super::Chats;
use crate::{
    ClientId, MessageBody, policy,
    ports::{Append, Appended, NewMessage, ReplyTo},
};

/// A message that shall be sent.
#[derive(Debug, Clone)]
pub struct SendMessage {
    /// Where.
    pub conversation: ConversationId,
    /// By whom.
    pub author: UserId,
    /// What the author's client calls it. Without one the server makes one, and a retry is a new
    /// message.
    pub client_id: Option<ClientId>,
    /// What it says.
    pub body: MessageBody,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no such conversation, or the author is not a member: not told apart.
    #[error("find the conversation")]
    ConversationNotFound,
    /// The conversation has no such message to answer.
    #[error("answer an unknown message")]
    ReplyNotFound,
    /// A port failed; the message may be stored or not, and sending it again with the same client
    /// id is safe.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// Sends a message: when it answers, the message is committed and will be delivered. Members that
    /// its text calls by `@username`, and everybody by `@all` of those who may, are called.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send(&self, command: SendMessage) -> Result<Appended, SendError> {
        let ports = &self.ports;
        let standing = ports.roster.standing(command.conversation, command.author).await?;
        let checked = policy::may_post(standing).ok_or(SendError::ConversationNotFound)?;
        let standing = standing.ok_or(SendError::ConversationNotFound)?;
        let reply = match command.reply_to {
            Some(reply_to) => {
                let answered =
                    ports.log.message(command.conversation, command.author, reply_to).await?;
                let answered = answered.ok_or(SendError::ReplyNotFound)?;
                Some(ReplyTo { message: answered.id, author: answered.author })
            }
            None => None,
        };
        let mentions = self.mentions(command.conversation, standing, &command.body).await?;
        let id = MessageId::new(ports.ids.next_id());
        let client_id = command.client_id.unwrap_or_else(|| ClientId::from_message(id));
        let append = ports
            .log
            .append(NewMessage {
                id,
                conversation: command.conversation,
                author: command.author,
                client_id,
                body: command.body,
                reply,
                forward: None,
                mentions,
                created_at: ports.clock.now(),
                checked,
            })
            .await?;
        match append {
            Append::Appended(appended) => Ok(appended),
            Append::NotAMember => Err(SendError::ConversationNotFound),
        }
    }
}
