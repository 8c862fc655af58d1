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
        let (mut checked, mut standing) =
            self.asked_to_post(command.conversation, command.author).await?;
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
        let mut message = NewMessage {
            id,
            conversation: command.conversation,
            author: command.author,
            mentions: self.mentions(command.conversation, standing, &command.body).await?,
            client_id: command.client_id.unwrap_or_else(|| ClientId::from_message(id)),
            body: command.body,
            reply,
            forward: None,
            created_at: ports.clock.now(),
            checked,
        };
        for attempt in 1.. {
            // Whether everybody may be called is all that may have to be asked again.
            let again = message.mentions.all.then(|| message.clone());
            match (ports.log.append(message).await?, again) {
                (Append::Appended(appended), _) => return Ok(appended),
                (Append::NotAMember, _) => return Err(SendError::ConversationNotFound),
                (Append::Outdated, Some(again)) if attempt < ATTEMPTS => message = again,
                (Append::Outdated, _) => break,
            }
            (checked, standing) = self.asked_to_post(message.conversation, message.author).await?;
            message.mentions = self.mentions(message.conversation, standing, &message.body).await?;
            message.checked = checked;
        }
        Err(outdated().into())
    }

    /// What the author is now, and of which roster: the one their right to post was checked against.
    async fn asked_to_post(
        &self,
        conversation: ConversationId,
        author: UserId,
    ) -> Result<(RosterVersion, Standing), SendError> {
        let standing = self.ports.roster.standing(conversation, author).await?;
        let checked = policy::may_post(standing).ok_or(SendError::ConversationNotFound)?;
        Ok((checked, standing.ok_or(SendError::ConversationNotFound)?))
    }
}
