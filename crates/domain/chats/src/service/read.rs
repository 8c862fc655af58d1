use kabar_kernel::{ConversationId, MessageId, PortError, PortResult, Seq, Timestamp, UserId};

use super::Chats;
use crate::{Cursor, MemberReceipt, MovedCursors, Receipt, Receipts};

/// Why no cursor was moved or shown.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    /// There is no such conversation, or the reader is not a member: not told apart.
    #[error("find the conversation")]
    ConversationNotFound,
    /// The conversation has no such message.
    #[error("find the message")]
    MessageNotFound,
    /// In a group of this size nobody is shown how far others are.
    #[error("show receipts in so large a group")]
    GroupTooLarge,
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Who has received and read a message, besides its author.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageReceipts {
    /// Who has read it, by id.
    pub read: Vec<UserId>,
    /// Who has received it and not read it yet, by id.
    pub delivered: Vec<UserId>,
}

impl Chats {
    /// Most cursors of others, and most of one's own, that a client that comes back is told of.
    pub const MAX_MOVED: u16 = 1000;

    /// Marks everything up to a message as read. A cursor never goes back, and never past the last
    /// message; saying it again changes nothing.
    ///
    /// # Errors
    /// [`CursorError`]
    pub async fn mark_read(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
    ) -> Result<Cursor, CursorError> {
        let (cursors, now) = (&self.ports.cursors, self.ports.clock.now());
        let cursor =
            cursors.mark_read(conversation, reader, seq, now, self.limits.receipts).await?;
        cursor.ok_or(CursorError::ConversationNotFound)
    }

    /// Marks everything up to a message as received by a device of the reader's, under the same rules.
    ///
    /// # Errors
    /// [`CursorError`]
    pub async fn mark_delivered(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
    ) -> Result<Cursor, CursorError> {
        let (cursors, now) = (&self.ports.cursors, self.ports.clock.now());
        let cursor =
            cursors.mark_delivered(conversation, reader, seq, now, self.limits.receipts).await?;
        cursor.ok_or(CursorError::ConversationNotFound)
    }

    /// Marks the conversation as unread, until the reader next reads in it. Nobody else learns it.
    ///
    /// # Errors
    /// [`CursorError`]
    pub async fn mark_unread(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Result<Cursor, CursorError> {
        let (cursors, now) = (&self.ports.cursors, self.ports.clock.now());
        let cursor = cursors.mark_unread(conversation, reader, now, self.limits.receipts).await?;
        cursor.ok_or(CursorError::ConversationNotFound)
    }

    /// How far the other members are, as far as they show it.
    ///
    /// # Errors
    /// [`CursorError`]
    pub async fn receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Result<Vec<Receipt>, CursorError> {
        let members = self.member_receipts(conversation, reader).await?;
        Ok(members.into_iter().map(|member| member.receipt).collect())
    }

    async fn member_receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Result<Vec<MemberReceipt>, CursorError> {
        let receipts =
            self.ports.cursors.receipts(conversation, reader, self.limits.receipts).await?;
        match receipts.ok_or(CursorError::ConversationNotFound)? {
            Receipts::Shown(receipts) => Ok(receipts),
            Receipts::TooLarge => Err(CursorError::GroupTooLarge),
        }
    }

    /// Who has read a message, as far as they show it, of those who were members when it was posted
    /// and are since.
    ///
    /// # Errors
    /// [`CursorError`]
    pub async fn message_receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> Result<MessageReceipts, CursorError> {
        let message = self.ports.log.message(conversation, reader, message).await?;
        let message = message.ok_or(CursorError::MessageNotFound)?;
        let mut of_message = MessageReceipts::default();
        for MemberReceipt { receipt, joined_pos } in
            self.member_receipts(conversation, reader).await?
        {
            // A new member's cursor begins at the last message, which says nothing of those before.
            if receipt.user == message.author || joined_pos > message.pos {
                continue;
            }
            if receipt.read_seq >= message.seq {
                of_message.read.push(receipt.user);
            } else if receipt.delivered_seq >= message.seq {
                of_message.delivered.push(receipt.user);
            }
        }
        Ok(of_message)
    }

    /// What moved since a moment of all that the reader may see, for a client that comes back.
    ///
    /// # Errors
    /// A port failed.
    pub async fn moved_since(&self, reader: UserId, since: Timestamp) -> PortResult<MovedCursors> {
        let audience = self.limits.receipts;
        self.ports.cursors.moved_since(reader, since, audience, Self::MAX_MOVED).await
    }
}
