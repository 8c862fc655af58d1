//! How values of the domains stand in rows.

use kabar_chats::{ClientId, ConversationKind, Entry, Event, Message, MessageBody};
use kabar_kernel::{ConversationId, MessageId, Pos, Role, Seq, Timestamp, UserId};
use sea_orm::{QueryResult, TryGetable, prelude::Uuid};
use serde_json::{Value as Json, json};

use crate::failure::Failure;

/// A number of the log as it is stored. Those beyond `i64` stand for "past everything".
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A stored number of the log.
pub(crate) fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// A number of items as it is stored.
pub(crate) fn stored_len(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

pub(crate) const fn role_code(role: Role) -> i16 {
    match role {
        Role::Member => 0,
        Role::Moderator => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

pub(crate) const fn role(code: i16) -> Result<Role, Failure> {
    match code {
        0 => Ok(Role::Member),
        1 => Ok(Role::Moderator),
        2 => Ok(Role::Admin),
        3 => Ok(Role::Owner),
        _ => Err(Failure::Unreadable("role")),
    }
}

pub(crate) const fn kind_code(kind: ConversationKind) -> i16 {
    match kind {
        ConversationKind::Direct => 0,
        ConversationKind::Group => 1,
    }
}

pub(crate) const fn kind(code: i16) -> Result<ConversationKind, Failure> {
    match code {
        0 => Ok(ConversationKind::Direct),
        1 => Ok(ConversationKind::Group),
        _ => Err(Failure::Unreadable("kind of conversation")),
    }
}

/// Reads the columns of a row in their order.
pub(crate) struct Columns<'row> {
    row: &'row QueryResult,
    next: usize,
}

impl<'row> Columns<'row> {
    pub(crate) const fn of(row: &'row QueryResult) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn next<T: TryGetable>(&mut self) -> Result<T, Failure> {
        let value = self.row.try_get_by(self.next)?;
        self.next += 1;
        Ok(value)
    }
}

/// The columns of a message, in the order in which [`message`] reads them.
pub(crate) const MESSAGE_COLUMNS: &str = "x.conversation_id, x.seq, x.pos, x.id, x.author_id, x.client_id, x.body, x.reply_to, \
     x.created_at";

/// Reads [`MESSAGE_COLUMNS`]; `None` where an outer join found no message.
pub(crate) fn message(columns: &mut Columns<'_>) -> Result<Option<Message>, Failure> {
    let Some(conversation) = columns.next::<Option<Uuid>>()? else {
        return Ok(None);
    };
    let seq = Seq::new(number(columns.next()?));
    let pos = Pos::new(number(columns.next()?));
    let id = MessageId::new(columns.next()?);
    let author = UserId::new(columns.next()?);
    let client_id = columns.next()?;
    let body = columns.next()?;
    let reply_to = columns.next::<Option<Uuid>>()?.map(MessageId::new);
    let created_at = Timestamp::from_millis(columns.next()?);
    Ok(Some(Message {
        id,
        conversation: ConversationId::new(conversation),
        seq,
        pos,
        author,
        client_id: client_id_of(client_id)?,
        body: MessageBody::from_stored(body),
        reply_to,
        created_at,
    }))
}

pub(crate) fn client_id_of(text: String) -> Result<ClientId, Failure> {
    ClientId::parse(text).map_err(|_| Failure::Unreadable("client id"))
}

/// An entry that is not a message, as `changes` holds it: its kind and the JSON of the rest.
/// `None` for a message, which has a table of its own.
pub(crate) fn change_of(event: &Event) -> Option<(&'static str, Json)> {
    Some(match event {
        Event::MessagePosted(_) => return None,
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

/// What a row of `changes` records.
pub(crate) fn event_of(kind: &str, data: &str) -> Result<Event, Failure> {
    let data: Json = serde_json::from_str(data).map_err(|_| Failure::Unreadable("change"))?;
    let text = |key: &str| data.get(key).and_then(Json::as_str);
    let required = |key: &str| text(key).ok_or(Failure::Unreadable("change"));
    let user = || required("user")?.parse().map_err(|_| Failure::Unreadable("change"));
    let role = || required("role")?.parse().map_err(|_| Failure::Unreadable("change"));
    Ok(match kind {
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
    use super::*;

    #[test]
    fn every_change_reads_back_as_it_was_written() {
        let user = UserId::new(Uuid::from_u128(7));
        let role = Role::Moderator;
        for event in [
            Event::GroupCreated { name: "Warung \"Kopi\"".into(), description: String::new() },
            Event::GroupUpdated { name: None, description: Some("a\nb".into()) },
            Event::MemberJoined { user, role },
            Event::MemberLeft { user },
            Event::MemberRemoved { user },
            Event::MemberRoleChanged { user, role },
        ] {
            let (kind, data) = change_of(&event).unwrap();
            assert_eq!(event_of(kind, &data.to_string()).unwrap(), event);
        }
    }

    #[test]
    fn roles_and_kinds_read_back_as_they_were_written() {
        for each in [Role::Member, Role::Moderator, Role::Admin, Role::Owner] {
            assert_eq!(role(role_code(each)).unwrap(), each);
        }
        for each in [ConversationKind::Direct, ConversationKind::Group] {
            assert_eq!(kind(kind_code(each)).unwrap(), each);
        }
        assert!(role(4).is_err());
        assert!(kind(2).is_err());
    }
}
