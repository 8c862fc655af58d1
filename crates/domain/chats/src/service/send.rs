use kabar_kernel::{ConversationId, MessageId, PortError, RosterVersion, UserId};

use super::Chats;
use crate::{
    ClientId, MessageBody, Standing, policy,
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

/// How often an append is tried whose author's right to call everybody is outdated.
const ATTEMPTS: usize = 3;

/// The failure of an append that rosters kept overtaking.
pub(super) fn outdated() -> PortError {
    PortError::transient("append a message", "the roster keeps changing")
}

impl Chats {
    /// Sends a message: when it answers, the message is committed and will be delivered. Members that
    /// its text calls by `@username`, and everybody by `@all` of those who may, are called.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send(&self, command: SendMessage) -> Result<Appended, SendError> {
        let ports = &self.ports;
        let (mut checked, mut standing) = self.asked_to_post(&command).await?;
        let reply = match command.reply_to {
            Some(reply_to) => {
                let answered =
                    ports.log.message(command.conversation, command.author, reply_to).await?;
                let answered = answered.ok_or(SendError::ReplyNotFound)?;
                Some(ReplyTo { message: answered.id, author: answered.author })
            }
            None => None,
        };
        let id = MessageId::new(ports.ids.next_id());
        let client_id = command.client_id.clone().unwrap_or_else(|| ClientId::from_message(id));
        let created_at = ports.clock.now();
        let mut attempt = 1;
        loop {
            let mentions = self.mentions(command.conversation, standing, &command.body).await?;
            let append = ports
                .log
                .append(NewMessage {
                    id,
                    conversation: command.conversation,
                    author: command.author,
                    client_id: client_id.clone(),
                    body: command.body.clone(),
                    reply,
                    forward: None,
                    mentions,
                    created_at,
                    checked,
                })
                .await?;
            match append {
                Append::Appended(appended) => return Ok(appended),
                Append::NotAMember => return Err(SendError::ConversationNotFound),
                Append::Outdated if attempt == ATTEMPTS => return Err(outdated().into()),
                Append::Outdated => attempt += 1,
            }
            (checked, standing) = self.asked_to_post(&command).await?;
        }
    }

    /// What the author is now, and of which roster: the one their right to post was checked against.
    async fn asked_to_post(
        &self,
        command: &SendMessage,
    ) -> Result<(RosterVersion, Standing), SendError> {
        let standing = self.ports.roster.standing(command.conversation, command.author).await?;
        let checked = policy::may_post(standing).ok_or(SendError::ConversationNotFound)?;
        Ok((checked, standing.ok_or(SendError::ConversationNotFound)?))
    }
}
