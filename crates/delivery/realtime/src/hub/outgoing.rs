//! One entry on its way: its frame, whom it concerns, and the notices that tell them.

use bytes::Bytes;
use kabar_chats::{ConversationKind, Entry, Event, Mentions, Message, MessageRef};
use kabar_kernel::{ConversationId, Pos, Role, Timestamp, UserId};
use kabar_notifications::{Concern, NotificationId};

use crate::{Device, Encoder, Notice, connection::Noticed};

/// An entry that is being sent. Notices are made for each concern when the first receiver is found.
pub(super) struct Outgoing<'a> {
    encoder: &'a dyn Encoder,
    entry: &'a Entry,
    frame: Bytes,
    concerned: Concerned<'a>,
    is_direct: bool,
    now: Timestamp,
    /// One message concerns different people in at most four ways.
    noticed: [Option<(Concern, Noticed)>; 4],
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

impl<'a> Outgoing<'a> {
    /// `now` decides on mutes and quiet hours.
    pub(super) fn new(
        encoder: &'a dyn Encoder,
        entry: &'a Entry,
        kind: ConversationKind,
        now: Timestamp,
    ) -> Self {
        let is_direct = kind == ConversationKind::Direct;
        let concerned = concerned(&entry.event);
        let frame = encoder.entry(entry);
        Self { encoder, entry, frame, concerned, is_direct, now, noticed: [const { None }; 4] }
    }

    /// The conversation of the entry.
    pub(super) const fn conversation(&self) -> ConversationId {
        self.entry.conversation
    }

    /// The position of the entry.
    pub(super) const fn pos(&self) -> Pos {
        self.entry.pos
    }

    /// The entry's own frame.
    pub(super) const fn frame(&self) -> &Bytes {
        &self.frame
    }

    /// The frames for a device whose user is to be told; `None` when the entry does not concern them,
    /// or not now.
    pub(super) fn noticed_by(&mut self, device: &Device) -> Option<&Noticed> {
        let concern = self.concern(device)?;
        let conversation = self.entry.conversation;
        // Nobody is told of what they did themselves.
        let told = device.user != self.entry.by
            && device.is_told(conversation, self.is_direct, concern, self.now);
        if told { self.noticed(concern) } else { None }
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

    fn noticed(&mut self, concern: Concern) -> Option<&Noticed> {
        let notice = self.notice(concern);
        let Self { encoder, frame, noticed, .. } = self;
        let slot = noticed
            .iter_mut()
            .find(|slot| slot.as_ref().is_none_or(|(made_for, _)| *made_for == concern))?;
        let (_, noticed) = slot.get_or_insert_with(|| {
            (concern, Noticed::new(frame.clone(), encoder.notification(&notice)))
        });
        Some(noticed)
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
