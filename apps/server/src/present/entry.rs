use kabar_chats::{Entry, Event, MessageRef, ReactionChange};
use kabar_wire::{
    GroupCreated, GroupUpdated, MemberGone, MemberRole, MessageEdited, MessageNamed, MessagePosted,
    ReactionChanged,
};

use super::{id, message, pos, role, seq, time};

/// One entry of a log.
pub(crate) fn entry(entry: &Entry) -> kabar_wire::Entry {
    kabar_wire::Entry {
        conversation_id: id(entry.conversation),
        pos: pos(entry.pos),
        at: time(entry.at),
        by: id(entry.by),
        event: event(&entry.event),
    }
}

fn event(event: &Event) -> kabar_wire::Event {
    match event {
        Event::MessagePosted(posted) => {
            kabar_wire::Event::MessagePosted(MessagePosted { message: message(posted) })
        }
        // Whom the change calls is for those who notify; a reader sees whom the message calls.
        Event::MessageEdited { message: edited, newly: _ } => {
            kabar_wire::Event::MessageEdited(MessageEdited { message: message(edited) })
        }
        Event::MessageDeleted(of) => kabar_wire::Event::MessageDeleted(named(*of)),
        Event::ReactionAdded(change) => kabar_wire::Event::ReactionAdded(reaction(change)),
        Event::ReactionRemoved(change) => kabar_wire::Event::ReactionRemoved(reaction(change)),
        Event::MessagePinned(of) => kabar_wire::Event::MessagePinned(named(*of)),
        Event::MessageUnpinned(of) => kabar_wire::Event::MessageUnpinned(named(*of)),
        Event::GroupCreated { name, description } => {
            kabar_wire::Event::GroupCreated(GroupCreated {
                name: name.clone(),
                description: description.clone(),
            })
        }
        Event::GroupUpdated { name, description } => {
            kabar_wire::Event::GroupUpdated(GroupUpdated {
                name: name.clone(),
                description: description.clone(),
            })
        }
        Event::MemberJoined { user, role: given } => {
            kabar_wire::Event::MemberJoined(MemberRole { user_id: id(*user), role: role(*given) })
        }
        Event::MemberLeft { user } => {
            kabar_wire::Event::MemberLeft(MemberGone { user_id: id(*user) })
        }
        Event::MemberRemoved { user } => {
            kabar_wire::Event::MemberRemoved(MemberGone { user_id: id(*user) })
        }
        Event::MemberRoleChanged { user, role: given } => {
            kabar_wire::Event::MemberRoleChanged(MemberRole {
                user_id: id(*user),
                role: role(*given),
            })
        }
    }
}

fn named(of: MessageRef) -> MessageNamed {
    MessageNamed { message_id: id(of.id), seq: seq(of.seq) }
}

fn reaction(change: &ReactionChange) -> ReactionChanged {
    ReactionChanged {
        message_id: id(change.message.id),
        seq: seq(change.message.seq),
        emoji: change.emoji.as_str().to_owned(),
        count: change.count,
    }
}
