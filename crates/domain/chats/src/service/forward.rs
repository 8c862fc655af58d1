use kabar_kernel::{ConversationId, MessageId, PortError, UserId};

use super::{Chats, send::outdated};
use crate::{
    ClientId, Forward, Mentions, policy,
    ports::{Append, Appended, NewMessage},
};

/// A message that shall be sent on.
#[derive(Debug, Clone)]
pub struct ForwardMessage {
    /// Where to.
    pub conversation: ConversationId,
    /// By whom.
    pub author: UserId,
    /// What the author's client calls the new message, as when sending.
    pub client_id: Option<ClientId>,
    /// The conversation to take it from.
    pub from: ConversationId,
    /// Which message of that.
    pub message: MessageId,
}

/// Why nothing was forwarded.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// There is no such conversation to forward to, or the author is not a member: not told apart.
    #[error("find the conversation")]
    ConversationNotFound,
    /// There is no such message, it is deleted, or the author may not read it: not told apart.
    #[error("forward an unknown message")]
    SourceNotFound,
    /// A port failed; forwarding again with the same client id is safe.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Chats {
    /// Sends a copy of a message that the author may read, with who wrote it first and when. It calls
    /// nobody: its words were for others.
    ///
    /// # Errors
    /// [`ForwardError`]
    pub async fn forward(&self, command: ForwardMessage) -> Result<Appended, ForwardError> {
        let ports = &self.ports;
        let standing = ports.roster.standing(command.conversation, command.author).await?;
        let checked = policy::may_post(standing).ok_or(ForwardError::ConversationNotFound)?;
        let source = ports.log.message(command.from, command.author, command.message).await?;
        let Some(source) = source.filter(|source| !source.is_deleted()) else {
            return self.forwarded_before(&command).await;
        };
        let id = MessageId::new(ports.ids.next_id());
        let append =
            ports
                .log
                .append(NewMessage {
                    id,
                    conversation: command.conversation,
                    author: command.author,
                    client_id: command.client_id.unwrap_or_else(|| ClientId::from_message(id)),
                    body: source.body,
                    reply: None,
                    forward: Some(source.forward.unwrap_or(Forward {
                        author: source.author,
                        created_at: source.created_at,
                    })),
                    mentions: Mentions::NONE,
                    created_at: ports.clock.now(),
                    checked,
                })
                .await?;
        match append {
            Append::Appended(appended) => Ok(appended),
            Append::NotAMember => Err(ForwardError::ConversationNotFound),
            // It calls nobody: another append with the same client id was in the way.
            Append::Outdated => Err(outdated().into()),
        }
    }

    /// A retry answers the message that was sent, also when its source has gone since.
    async fn forwarded_before(&self, command: &ForwardMessage) -> Result<Appended, ForwardError> {
        let client_id = command.client_id.as_ref().ok_or(ForwardError::SourceNotFound)?;
        let sent = self.ports.log.sent(command.conversation, command.author, client_id).await?;
        let message = sent.ok_or(ForwardError::SourceNotFound)?;
        Ok(Appended { message, created: false })
    }
}
