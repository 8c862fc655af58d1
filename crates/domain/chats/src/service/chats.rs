use std::{sync::Arc, time::Duration};

use kabar_kernel::{Clock, ConversationId, IdSource, PortResult};

use crate::{
    Called, Mentions, MessageBody, Standing, policy,
    ports::{Audience, ConversationStore, CursorStore, LogStore, People, Roster},
};

/// Bounds on conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatLimits {
    /// How long after its posting a message may be edited.
    pub edit_window: Duration,
    /// Where members are shown how far the others have read.
    pub receipts: Audience,
}

impl Default for ChatLimits {
    /// A day, and groups of at most 50 members.
    fn default() -> Self {
        Self { edit_window: Duration::from_secs(24 * 60 * 60), receipts: Audience { members: 50 } }
    }
}

/// What conversations are kept in and asked of.
#[derive(Clone)]
pub struct ChatPorts {
    /// Conversations.
    pub conversations: Arc<dyn ConversationStore>,
    /// How far members have read.
    pub cursors: Arc<dyn CursorStore>,
    /// Logs.
    pub log: Arc<dyn LogStore>,
    /// Who may do what.
    pub roster: Arc<dyn Roster>,
    /// Accounts.
    pub people: Arc<dyn People>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Conversations: open, list, send, change, read.
pub struct Chats {
    pub(super) ports: ChatPorts,
    pub(super) limits: ChatLimits,
}

impl Chats {
    /// The service over its ports.
    pub const fn new(ports: ChatPorts, limits: ChatLimits) -> Self {
        Self { ports, limits }
    }

    /// Whom a text calls, when somebody of this standing writes it.
    pub(super) async fn mentions(
        &self,
        conversation: ConversationId,
        standing: Standing,
        body: &MessageBody,
    ) -> PortResult<Mentions> {
        // Most messages call nobody, and this is the hot path.
        if !body.as_str().contains('@') {
            return Ok(Mentions::NONE);
        }
        let called = Called::in_text(body.as_str());
        let users = if called.names.is_empty() {
            Vec::new()
        } else {
            self.ports.roster.named(conversation, &called.names).await?
        };
        Ok(Mentions { users, all: called.all && policy::may_call_all(standing) })
    }
}
