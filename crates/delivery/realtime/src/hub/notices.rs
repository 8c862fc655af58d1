//! Whom an entry concerns, and the frames that tell them.

use bytes::Bytes;
use kabar_chats::{ConversationKind, Entry, Event, Mentions, Message, MessageRef};
use kabar_kernel::{Role, Timestamp, UserId};
use kabar_notifications::{Concern, NotificationId};

use crate::{Device, Encoder, Notice};

/// The notices of one entry, one frame for each concern, made when the first receiver is found.
pub(super) struct Notices<'a> {
    encoder: &'a dyn Encoder,
    entry: &'a Entry,
    concerned: Concerned<'a>,
    is_direct: bool,
    now: Timestamp,
    /// One message concerns different people in at most four ways.
    frames: [Option<(Concern, Bytes)>; 4],
}

/// Whom an entry may concern.
#[derive(Clone, Copy)]
enum Concerned<'a> {
    Nobody,
    /// Everybody, by the kind of the conversation or by their own wish.
    Receivers(MessageRef),
    /// Those it calls, the one it answers, and everybody as above.
    Called {
        message: MessageRef,
        mentions: &'a Mentions,
        answered: Option<UserId>,
    },
    /// Those an edit calls whom the text before it did not.
    Newly {
        message: &'a Message,
        newly: &'a Mentions,
    },
    Member {
        user: UserId,
        role: Role,
        concern: Concern,
    },
}

impl<'a> Notices<'a> {
    /// `now` decides on mutes and quiet hours.
    pub(super) fn new(
        encoder: &'a dyn Encoder,
        entry: &'a Entry,
        kind: ConversationKind,
        now: Timestamp,
    ) -> Self {
        let is_direct = kind == ConversationKind::Direct;
        let concerned = concerned(&entry.event);
        Self { encoder, entry, concerned, is_direct, now, frames: [const { None }; 4] }
    }

    /// The frame that tells the device's user; `None` when the entry does not concern them or they
    /// are not to be told now.
    pub(super) fn for_device(&mut self, device: &Device) -> Option<Bytes> {
        let concern = self.concern(device)?;
        let conversation = self.entry.conversation;
        // Nobody is told of what they did themselves.
        let told = device.user != self.entry.by
            && device.is_told(conversation, self.is_direct, concern, self.now);
        told.then(|| self.frame(concern))
    }

    fn concern(&self, device: &Device) -> Option<Concern> {
        match self.concerned {
            Concerned::Nobody => None,
            Concerned::Receivers(_) => self.as_receiver(device),
            Concerned::Called { mentions, answered, .. } => {
                if mentions.users.contains(&device.user) {
                    Some(Concern::Mention)
                } else if answered == Some(device.user) {
                    Some(Concern::Reply)
                } else if mentions.all {
                    Some(Concern::MentionAll)
                } else {
                    self.as_receiver(device)
                }
            }
            Concerned::Newly { message, newly } => {
                if newly.users.contains(&device.user) {
                    Some(Concern::Mention)
                } else {
                    // Who was called by name or answered has been told of this message already.
                    let was_told = message.mentions.users.contains(&device.user)
                        || answered(message) == Some(device.user);
                    (newly.all && !was_told).then_some(Concern::MentionAll)
                }
            }
            Concerned::Member { user, concern, .. } => (user == device.user).then_some(concern),
        }
    }

    fn as_receiver(&self, device: &Device) -> Option<Concern> {
        let concerned = self.is_direct || device.wants_all(self.entry.conversation);
        concerned.then_some(Concern::Message)
    }

    fn frame(&mut self, concern: Concern) -> Bytes {
        let mut made = self.frames.iter().flatten();
        if let Some((_, frame)) = made.find(|(made_for, _)| *made_for == concern) {
            return frame.clone();
        }
        let frame = self.encoder.notification(&self.notice(concern));
        if let Some(free) = self.frames.iter_mut().find(|slot| slot.is_none()) {
            *free = Some((concern, frame.clone()));
        }
        frame
    }

    const fn notice(&self, concern: Concern) -> Notice {
        let Entry { conversation, pos, at, by, .. } = *self.entry;
        let (message, role) = match self.concerned {
            Concerned::Nobody => (None, None),
            Concerned::Receivers(message) | Concerned::Called { message, .. } => {
                (Some(message), None)
            }
            Concerned::Newly { message, .. } => (Some(reference(message)), None),
            Concerned::Member { role, .. } => (None, Some(role)),
        };
        Notice { id: NotificationId { conversation, pos }, concern, by, at, message, role }
    }
}

fn concerned(event: &Event) -> Concerned<'_> {
    match event {
        // Read from the log, it may be deleted since.
        Event::MessagePosted(message) if message.is_deleted() => Concerned::Nobody,
        Event::MessagePosted(message) => {
            let answered = answered(message);
            if message.mentions.is_empty() && answered.is_none() {
                Concerned::Receivers(reference(message))
            } else {
                let mentions = &message.mentions;
                Concerned::Called { message: reference(message), mentions, answered }
            }
        }
        Event::MessageEdited { message, newly } => {
            if newly.is_empty() || message.is_deleted() {
                Concerned::Nobody
            } else {
                Concerned::Newly { message, newly }
            }
        }
        Event::MemberJoined { user, role } => {
            Concerned::Member { user: *user, role: *role, concern: Concern::Joined }
        }
        Event::MemberRoleChanged { user, role } => {
            Concerned::Member { user: *user, role: *role, concern: Concern::RoleChanged }
        }
        Event::MessageDeleted(_)
        | Event::ReactionAdded(_)
        | Event::ReactionRemoved(_)
        | Event::MessagePinned(_)
        | Event::MessageUnpinned(_)
        | Event::GroupCreated { .. }
        | Event::GroupUpdated { .. }
        | Event::MemberLeft { .. }
        | Event::MemberRemoved { .. } => Concerned::Nobody,
    }
}

/// Who wrote the message that this one answers.
fn answered(message: &Message) -> Option<UserId> {
    message.quote.as_ref().map(|quote| quote.author)
}

const fn reference(message: &Message) -> MessageRef {
    MessageRef { id: message.id, seq: message.seq }
}
