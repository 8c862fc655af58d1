use kabar_chats::{Emoji, Mentions, Message, MessageBody, MessageRef, Reaction};
use kabar_kernel::{Pos, Timestamp, UserId};
use kabar_notifications::Concern;

use super::{
    calls::{Call, Calls},
    reactions::Reactions,
};

/// A message as it is now.
#[derive(Clone)]
pub(crate) struct MessageRow {
    /// Without quote and reactions: those are put in for whoever reads it.
    message: Message,
    calls: Calls,
    reactions: Reactions,
}

impl MessageRow {
    /// A message just posted, which answers one of `answered`.
    pub(super) fn new(message: Message, answered: Option<UserId>) -> Self {
        let call = Call { pos: message.pos, at: message.created_at };
        let calls = Calls::new(&message.mentions, answered, call);
        Self { message, calls, reactions: Reactions::default() }
    }

    /// The message without quote and reactions.
    pub(crate) const fn bare(&self) -> &Message {
        &self.message
    }

    /// The message as an entry names it.
    pub(crate) const fn reference(&self) -> MessageRef {
        MessageRef { id: self.message.id, seq: self.message.seq }
    }

    /// The reactions as one reader sees them.
    pub(crate) fn reactions(&self, reader: UserId) -> Vec<Reaction> {
        self.reactions.seen_by(reader)
    }

    /// The different emojis among them.
    pub(crate) fn emojis(&self) -> Vec<Emoji> {
        self.reactions.emojis()
    }

    /// Whether it waits for somebody: another's, and not deleted.
    pub(super) fn is_for(&self, reader: UserId) -> bool {
        self.message.author != reader && !self.message.is_deleted()
    }

    /// How it concerns a member of its conversation, and by which entry it does.
    pub(super) fn concern(&self, user: UserId) -> Option<(Concern, Call)> {
        if self.is_for(user) { self.calls.of(user) } else { None }
    }

    /// Replaces the text, by the entry at `pos`; answers whom it newly calls.
    pub(crate) fn edit(
        &mut self,
        body: MessageBody,
        mentions: Mentions,
        pos: Pos,
        at: Timestamp,
    ) -> Mentions {
        let newly = mentions.beyond(&self.message.mentions);
        self.calls.replace(&mentions, Call { pos, at });
        self.message.body = body;
        self.message.mentions = mentions;
        self.message.edited_at = Some(at);
        newly
    }

    /// Leaves the place and nothing else.
    pub(crate) fn delete(&mut self, at: Timestamp) {
        self.message.body = MessageBody::removed();
        self.message.mentions = Mentions::NONE;
        self.message.forward = None;
        self.message.deleted_at = Some(at);
        self.calls = Calls::default();
        self.reactions = Reactions::default();
    }

    /// How many have reacted with it then; `None` when the user had before.
    pub(crate) fn react(&mut self, user: UserId, emoji: Emoji) -> Option<u32> {
        self.reactions.add(user, emoji)
    }

    /// How many have reacted with it then; `None` when the user had not.
    pub(crate) fn unreact(&mut self, user: UserId, emoji: Emoji) -> Option<u32> {
        self.reactions.remove(user, emoji)
    }
}
