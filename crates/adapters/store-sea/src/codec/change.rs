//! Entries that are not messages.

use kabar_chats::{Emoji, Entry, Event, Message, MessageRef, ReactionChange};
use kabar_kernel::{MessageId, Seq};
use serde_json::{Value as Json, json};

use super::{number, stored};
use crate::failure::Failure;

/// An entry that is not a message, as `changes` holds it: its kind and the JSON of the rest.
/// `None` for a message, which has a table of its own. Never a text that somebody wrote in a
/// message: that may be changed and deleted, and stands in one place only.
pub(crate) fn change_of(event: &Event) -> Option<(&'static str, Json)> {
    let named = |message: &MessageRef| json!({"message": message.id.to_string()});
    let reaction = |change: &ReactionChange| {
        json!({
            "message": change.message.id.to_string(),
            "emoji": change.emoji.as_str(),
            "count": change.count,
        })
    };
    Some(match event {
        Event::MessagePosted(_) => return None,
        Event::MessageEdited { message, .. } => {
            ("message.edited", json!({"message": message.id.to_string()}))
        }
        Event::MessageDeleted(message) => ("message.deleted", named(message)),
        Event::ReactionAdded(change) => ("reaction.added", reaction(change)),
        Event::ReactionRemoved(change) => ("reaction.removed", reaction(change)),
        Event::MessagePinned(message) => ("message.pinned", named(message)),
        Event::MessageUnpinned(message) => ("message.unpinned", named(message)),
        Event::GroupCreated { name, description } => {
            ("group.created", json!({"name": name, "description": description}))
        }
        Event::GroupUpdated { name, description } => {
            ("group.updated", json!({"name": name, "description": description}))
        }
        Event::MemberJoined { user, role } => {
            ("member.joined", json!({"user": user.to_string(), "role": role.as_str()}))
        }
        Event::MemberLeft { user } => ("member.left", json!({"user": user.to_string()})),
        Event::MemberRemoved { user } => ("member.removed", json!({"user": user.to_string()})),
        Event::MemberRoleChanged { user, role } => {
            ("member.role_changed", json!({"user": user.to_string(), "role": role.as_str()}))
        }
    })
}

/// The number of the message that an entry is about, as `changes` holds it.
pub(crate) fn subject_of(event: &Event) -> Option<i64> {
    let seq = match event {
        Event::MessageEdited { message, .. } => message.seq,
        Event::MessageDeleted(message)
        | Event::MessagePinned(message)
        | Event::MessageUnpinned(message) => message.seq,
        Event::ReactionAdded(change) | Event::ReactionRemoved(change) => change.message.seq,
        Event::MessagePosted(_)
        | Event::GroupCreated { .. }
        | Event::GroupUpdated { .. }
        | Event::MemberJoined { .. }
        | Event::MemberLeft { .. }
        | Event::MemberRemoved { .. }
        | Event::MemberRoleChanged { .. } => return None,
    };
    Some(stored(seq.get()))
}

/// What a row of `changes` records. `seq` is the number of the message it is about, and `message`
/// that message as it is now, read where an entry shows it.
pub(crate) fn event_of(
    kind: &str,
    data: &str,
    seq: Option<i64>,
    message: Option<Message>,
) -> Result<Event, Failure> {
    let unreadable = || Failure::Unreadable("change");
    let data: Json = serde_json::from_str(data).map_err(|_| unreadable())?;
    let text = |key: &str| data.get(key).and_then(Json::as_str);
    let required = |key: &str| text(key).ok_or_else(unreadable);
    let user = || required("user")?.parse().map_err(|_| unreadable());
    let role = || required("role")?.parse().map_err(|_| unreadable());
    let named = || {
        let id: MessageId = required("message")?.parse().map_err(|_| unreadable())?;
        Ok::<_, Failure>(MessageRef { id, seq: Seq::new(number(seq.ok_or_else(unreadable)?)) })
    };
    let reaction = || {
        let emoji = Emoji::parse(required("emoji")?).map_err(|_| unreadable())?;
        let count = data.get("count").and_then(Json::as_u64).ok_or_else(unreadable)?;
        let count = u32::try_from(count).map_err(|_| unreadable())?;
        Ok::<_, Failure>(ReactionChange { message: named()?, emoji, count })
    };
    Ok(match kind {
        "message.edited" => Event::MessageEdited {
            message: Box::new(message.ok_or_else(unreadable)?),
            newly: kabar_chats::Mentions::NONE,
        },
        "message.deleted" => Event::MessageDeleted(named()?),
        "reaction.added" => Event::ReactionAdded(reaction()?),
        "reaction.removed" => Event::ReactionRemoved(reaction()?),
        "message.pinned" => Event::MessagePinned(named()?),
        "message.unpinned" => Event::MessageUnpinned(named()?),
        "group.created" => Event::GroupCreated {
            name: required("name")?.to_owned(),
            description: required("description")?.to_owned(),
        },
        "group.updated" => Event::GroupUpdated {
            name: text("name").map(str::to_owned),
            description: text("description").map(str::to_owned),
        },
        "member.joined" => Event::MemberJoined { user: user()?, role: role()? },
        "member.left" => Event::MemberLeft { user: user()? },
        "member.removed" => Event::MemberRemoved { user: user()? },
        "member.role_changed" => Event::MemberRoleChanged { user: user()?, role: role()? },
        _ => return Err(Failure::Unreadable("kind of change")),
    })
}

/// The entry that posted a message.
pub(crate) const fn posted(message: Message) -> Entry {
    Entry {
        conversation: message.conversation,
        pos: message.pos,
        at: message.created_at,
        by: message.author,
        event: Event::MessagePosted(message),
    }
}

#[cfg(test)]
mod tests {
    use kabar_chats::{ClientId, Mentions, MessageBody};
    use kabar_kernel::{ConversationId, Pos, Role, Timestamp, UserId};
    use sea_orm::prelude::Uuid;

    use super::*;

    const USER: UserId = UserId::new(Uuid::from_u128(7));

    fn message() -> Message {
        Message {
            id: MessageId::new(Uuid::from_u128(1)),
            conversation: ConversationId::new(Uuid::from_u128(2)),
            seq: Seq::new(3),
            pos: Pos::new(4),
            author: USER,
            client_id: ClientId::parse("a".into()).unwrap(),
            body: MessageBody::parse("a secret".into()).unwrap(),
            reply_to: None,
            quote: None,
            forward: None,
            mentions: Mentions::NONE,
            reactions: Vec::new(),
            created_at: Timestamp::from_millis(5),
            edited_at: None,
            deleted_at: None,
        }
    }

    #[test]
    fn every_change_reads_back_as_it_was_written() {
        let role = Role::Moderator;
        let named = MessageRef { id: message().id, seq: message().seq };
        let emoji = Emoji::parse("👩‍👩‍👧‍👦").unwrap();
        let reaction = ReactionChange { message: named, emoji, count: 3 };
        for event in [
            Event::MessageEdited { message: Box::new(message()), newly: Mentions::NONE },
            Event::MessageDeleted(named),
            Event::ReactionAdded(reaction),
            Event::ReactionRemoved(reaction),
            Event::MessagePinned(named),
            Event::MessageUnpinned(named),
            Event::GroupCreated { name: "Warung \"Kopi\"".into(), description: String::new() },
            Event::GroupUpdated { name: None, description: Some("a\nb".into()) },
            Event::MemberJoined { user: USER, role },
            Event::MemberLeft { user: USER },
            Event::MemberRemoved { user: USER },
            Event::MemberRoleChanged { user: USER, role },
        ] {
            let (kind, data) = change_of(&event).unwrap();
            let seq = subject_of(&event);
            assert_eq!(event_of(kind, &data.to_string(), seq, Some(message())).unwrap(), event);
        }
    }

    #[test]
    fn no_change_copies_what_a_message_says() {
        let newly = Mentions { users: vec![USER], all: true };
        let (_, data) =
            change_of(&Event::MessageEdited { message: Box::new(message()), newly }).unwrap();
        assert_eq!(data, json!({"message": message().id.to_string()}));
    }
}
