use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Id, Message, PageLimit, Pos, Role, Seq, Time};

/// One durable change in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Entry {
    /// In which conversation.
    pub conversation_id: Id,
    /// At which position of its log.
    pub pos: Pos,
    /// When.
    pub at: Time,
    /// Who did it.
    pub by: Id,
    /// What happened: `type` and `data`.
    #[serde(flatten)]
    pub event: Event,
}

/// What an entry records. More types will come: a client skips one that it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// A message was posted.
    #[serde(rename = "message.posted")]
    MessagePosted(MessagePosted),
    /// The text of a message was changed.
    #[serde(rename = "message.edited")]
    MessageEdited(MessageEdited),
    /// A message was deleted: its text, mentions and reactions are gone, and it is not pinned any more.
    #[serde(rename = "message.deleted")]
    MessageDeleted(MessageNamed),
    /// Somebody, `by`, reacted to a message.
    #[serde(rename = "reaction.added")]
    ReactionAdded(ReactionChanged),
    /// Somebody, `by`, took a reaction back.
    #[serde(rename = "reaction.removed")]
    ReactionRemoved(ReactionChanged),
    /// A message was pinned.
    #[serde(rename = "message.pinned")]
    MessagePinned(MessageNamed),
    /// A message was unpinned.
    #[serde(rename = "message.unpinned")]
    MessageUnpinned(MessageNamed),
    /// The group was made; whoever made it is its owner and first member.
    #[serde(rename = "group.created")]
    GroupCreated(GroupCreated),
    /// The group's name or description changed.
    #[serde(rename = "group.updated")]
    GroupUpdated(GroupUpdated),
    /// Somebody became a member.
    #[serde(rename = "member.joined")]
    MemberJoined(MemberRole),
    /// A member left.
    #[serde(rename = "member.left")]
    MemberLeft(MemberGone),
    /// A member was removed by another.
    #[serde(rename = "member.removed")]
    MemberRemoved(MemberGone),
    /// A member got another role.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged(MemberRole),
}

/// The message that was posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessagePosted {
    /// The message.
    pub message: Message,
}

/// The message whose text was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageEdited {
    /// The message as it is now, without its reactions, which stay; deleted, if it was since.
    pub message: Message,
}

/// The message that an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageNamed {
    /// Its id.
    pub message_id: Id,
    /// Its number.
    pub seq: Seq,
}

/// A reaction that was added or taken back, and what that makes of its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReactionChanged {
    /// To which message.
    pub message_id: Id,
    /// Its number.
    pub seq: Seq,
    /// With which emoji.
    #[schema(min_length = 1, max_length = 16, example = "👍")]
    pub emoji: String,
    /// How many have reacted with it now.
    #[schema(minimum = 0, example = 1)]
    pub count: u32,
}

/// How a group was first called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupCreated {
    /// Its name.
    #[schema(example = "Climbing on Sunday")]
    pub name: String,
    /// Its description, possibly empty.
    #[schema(example = "Ropes are brought by Ayu")]
    pub description: String,
}

/// What of a group changed; what stayed is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupUpdated {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Climbing on Saturday")]
    pub name: Option<String>,
    /// The new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ropes are brought by Budi")]
    pub description: Option<String>,
}

/// A member and the role they have now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberRole {
    /// Who.
    pub user_id: Id,
    /// As what.
    pub role: Role,
}

/// Somebody who is no member any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberGone {
    /// Who.
    pub user_id: Id,
}

/// Which part of a log to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadEntries {
    /// The entries after this position; from the first one when not given.
    #[garde(skip)]
    pub after: Option<Pos>,
    /// How many at most: 1 to 100, 50 when not given.
    #[garde(skip)]
    pub limit: Option<PageLimit>,
}

/// Entries in ascending order of `pos`, without hole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryPage {
    /// The entries.
    pub items: Vec<Entry>,
    /// Whether there are more after the last one.
    pub has_more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seq;

    fn id(last: u128) -> Id {
        Id::new(uuid::Uuid::from_u128(last))
    }

    #[test]
    fn an_entry_carries_its_type_and_what_happened_beside_its_place() {
        let entry = Entry {
            conversation_id: id(1),
            pos: Pos::new(3),
            at: Time::from_millis(0),
            by: id(2),
            event: Event::MemberRoleChanged(MemberRole { user_id: id(4), role: Role::Admin }),
        };
        assert_eq!(
            serde_json::to_string(&entry).unwrap(),
            "{\"conversation_id\":\"00000000-0000-0000-0000-000000000001\",\"pos\":3,\
             \"at\":\"1970-01-01T00:00:00.000Z\",\"by\":\"00000000-0000-0000-0000-000000000002\",\
             \"type\":\"member.role_changed\",\
             \"data\":{\"user_id\":\"00000000-0000-0000-0000-000000000004\",\"role\":\"admin\"}}"
        );
    }

    #[test]
    fn a_posted_message_is_whole() {
        let posted = Event::MessagePosted(MessagePosted {
            message: Message {
                id: id(1),
                conversation_id: id(2),
                seq: Seq::new(1),
                pos: Pos::new(2),
                author_id: id(3),
                client_id: "c".into(),
                body: "pagi \"\u{0007}\n".into(),
                reply_to: None,
                quote: None,
                forwarded: None,
                mentions: Vec::new(),
                mentions_all: false,
                reactions: Vec::new(),
                created_at: Time::from_millis(1),
                edited_at: None,
                deleted_at: None,
            },
        });
        assert_eq!(
            serde_json::to_value(&posted).unwrap(),
            serde_json::json!({"type": "message.posted", "data": {"message": {
                "id": "00000000-0000-0000-0000-000000000001",
                "conversation_id": "00000000-0000-0000-0000-000000000002",
                "seq": 1, "pos": 2,
                "author_id": "00000000-0000-0000-0000-000000000003",
                "client_id": "c", "body": "pagi \"\u{0007}\n", "reply_to": null,
                "mentions": [], "reactions": [],
                "created_at": "1970-01-01T00:00:00.001Z", "edited_at": null, "deleted_at": null}}})
        );
    }

    #[test]
    fn a_change_of_a_group_names_only_what_changed() {
        let updated =
            Event::GroupUpdated(GroupUpdated { name: Some("n".into()), description: None });
        assert_eq!(
            serde_json::to_value(&updated).unwrap(),
            serde_json::json!({"type": "group.updated", "data": {"name": "n"}})
        );
    }
}
