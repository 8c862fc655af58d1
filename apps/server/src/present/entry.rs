use kabar_chats::{Entry, Event, Message};
use kabar_wire::{GroupCreated, GroupUpdated, MemberGone, MemberRole, MessagePosted};

use super::{id, pos, role, seq, time};

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

/// A message.
pub(crate) fn message(message: &Message) -> kabar_wire::Message {
    kabar_wire::Message {
        id: id(message.id),
        conversation_id: id(message.conversation),
        seq: seq(message.seq),
        pos: pos(message.pos),
        author_id: id(message.author),
        client_id: message.client_id.as_str().to_owned(),
        body: message.body.as_str().to_owned(),
        reply_to: message.reply_to.map(id),
        created_at: time(message.created_at),
    }
}
