//! The WebSocket protocol: `{"event": …, "data": …}` in both directions, with `"id"` on a command and
//! on its answer (the shape of NestJS's `WsAdapter`).

use std::{borrow::Cow, collections::BTreeMap, fmt};

use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::RawValue;

use crate::{ConversationKind, Id, Pos, Presence, Seq, Time};

/// Most conversations one `sync` may name.
pub const SYNC_MAX: usize = 1000;

/// Most bytes of a command's `id` as it is written in JSON, without a string's quotes.
pub const COMMAND_ID_MAX: usize = 64;

/// A command as it came: its name is looked at before its data is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command<'a> {
    /// Which command.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// What the client calls it: a string or a number, echoed in the answer.
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    /// Its data.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
}

/// An event as it goes out.
#[derive(Debug, Serialize)]
pub struct Outgoing<'a, T> {
    /// Which event.
    pub event: &'static str,
    /// The `id` of the command it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a RawValue>,
    /// Its data.
    pub data: T,
}

/// `auth`: who is there. As the first frame, when the upgrade carried no token; later with a fresher
/// token of the same session.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// An access token.
    #[garde(length(bytes, min = 1, max = 4096))]
    pub token: String,
}

/// `message.send`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// Where.
    #[garde(skip)]
    pub conversation_id: Id,
    /// What the client calls the message; sending it again answers the same message.
    #[garde(length(bytes, min = 1, max = 64))]
    pub client_id: String,
    /// What it says: 1 to 16 384 bytes.
    #[garde(length(bytes, min = 1, max = 16_384))]
    pub body: String,
    /// The message of the same conversation it answers.
    #[garde(skip)]
    pub reply_to: Option<Id>,
}

/// `message.forward`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct ForwardMessage {
    /// Where to.
    #[garde(skip)]
    pub conversation_id: Id,
    /// What the client calls the new message; sending it again answers the same message.
    #[garde(length(bytes, min = 1, max = 64))]
    pub client_id: String,
    /// The conversation to take it from.
    #[garde(skip)]
    pub from_conversation_id: Id,
    /// Which message of that.
    #[garde(skip)]
    pub message_id: Id,
}

/// `message.edit`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    /// In which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
    /// Which message.
    #[garde(skip)]
    pub message_id: Id,
    /// What it shall say: 1 to 16 384 bytes.
    #[garde(length(bytes, min = 1, max = 16_384))]
    pub body: String,
}

/// `message.delete`, `message.pin`, `message.unpin`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct OnMessage {
    /// In which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
    /// Which message.
    #[garde(skip)]
    pub message_id: Id,
}

/// `reaction.add`, `reaction.remove`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct React {
    /// In which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
    /// To which message.
    #[garde(skip)]
    pub message_id: Id,
    /// With which emoji: one.
    #[garde(length(bytes, min = 1, max = 64))]
    pub emoji: String,
}

/// `delivered`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// In which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
    /// Up to which message.
    #[garde(skip)]
    pub seq: Seq,
}

/// `unread`: marks a conversation as unread.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// Which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
}

/// `typing`: the user is typing. To be said again every few seconds while it lasts.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// In which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
}

/// `presence`: whose coming and going this connection wants to hear of, instead of who was named
/// before.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct WatchPresence {
    /// Whose, at most 100; nobody's when empty.
    #[garde(length(max = 100))]
    pub user_ids: Vec<Id>,
}

/// `read`
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// In which conversation.
    #[garde(skip)]
    pub conversation_id: Id,
    /// Up to which message.
    #[garde(skip)]
    pub seq: Seq,
}

/// `sync`: what the client has.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// The epoch its positions are of; left out by a client that has none yet.
    #[garde(inner(length(bytes, max = 64)))]
    pub epoch: Option<String>,
    /// For each conversation the last position it has, at most 1 000.
    #[garde(skip)]
    pub positions: Positions,
    /// `time` of the last `ready` or `synced`: the cursors that moved since come as `read` and
    /// `delivered`. Left out by a client that reads them anew.
    #[garde(skip)]
    pub since: Option<Time>,
}

/// `ping`: nothing.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Ping {}

/// A position for each conversation, each named once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(pub BTreeMap<Id, Pos>);

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Positions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of positions by conversation id")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Positions, A::Error> {
                let mut positions = BTreeMap::new();
                while let Some((conversation, pos)) = map.next_entry::<Id, Pos>()? {
                    if positions.len() >= SYNC_MAX {
                        return Err(de::Error::custom(format_args!(
                            "must name at most {SYNC_MAX} conversations"
                        )));
                    }
                    if positions.insert(conversation, pos).is_some() {
                        return Err(de::Error::custom("must name a conversation once"));
                    }
                }
                Ok(Positions(positions))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// `ready`: the connection is authenticated, and live events begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// The session the connection acts in.
    pub session_id: Id,
    /// Who is connected.
    pub user_id: Id,
    /// Names the log as a whole; positions of another epoch mean nothing.
    pub epoch: String,
    /// Seconds between the server's pings.
    pub heartbeat_seconds: u32,
    /// The moment from which on events come on this connection: `since` of the next `sync`.
    pub time: Time,
    /// What the server accepts.
    pub limits: Limits,
}

/// What the server accepts over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Bytes of a frame, and of a fragmented message.
    pub frame_bytes: usize,
    /// Bytes of a message's text.
    pub message_bytes: usize,
    /// Conversations a `sync` may name.
    pub sync_positions: usize,
    /// Entries of a conversation that a `sync` replays before it answers with a `gap`.
    pub replay_entries: u16,
}

/// `gap`: there is more than a replay holds. The entries after `from` up to and with `to` are read
/// over HTTP; what comes after `to` follows on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// In which conversation.
    pub conversation_id: Id,
    /// The last position the client has.
    pub from: Pos,
    /// The last position that is missing.
    pub to: Pos,
}

/// `synced`: the replay is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// Names the log as a whole.
    pub epoch: String,
    /// `true` when the client's positions were of another log: it forgets what it has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// The moment of this answer: `since` of the next `sync`.
    pub time: Time,
    /// `true` when more cursors moved since `since` than were sent: the client reads the receipts of
    /// the conversations it shows anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_cursors: bool,
    /// The conversations that changed or are new to the client; all of them after a reset.
    pub conversations: Vec<SyncedConversation>,
}

/// A conversation's numbers at the moment of a `sync`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SyncedConversation {
    /// Which conversation.
    pub id: Id,
    /// What kind.
    pub kind: ConversationKind,
    /// The position of its last entry.
    pub head: Pos,
    /// The number of its last message.
    pub last_seq: Seq,
    /// Up to which message the user has read.
    pub read_seq: Seq,
    /// Up to which message the user's devices have received.
    pub delivered_seq: Seq,
    /// Messages of others after `read_seq` that are not deleted, counted up to 1 000.
    pub unread: u32,
    /// Those of them that call the user, counted up to 1 000.
    pub mentions: u32,
    /// Whether the user marked it as unread since they last read in it.
    pub marked_unread: bool,
}

/// `read` of another member: how far they have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OthersRead {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// The last message read.
    pub read_seq: Seq,
}

/// `delivered`: how far somebody's devices have received, the user's own or another member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeliveredTo {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// The last message received.
    pub delivered_seq: Seq,
}

/// `typing`: another member is typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct IsTyping {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// For how many seconds that holds unless it is said again.
    pub expires_in: u32,
}

/// The `ack` of a `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// Whether they are there, in the order asked for.
    pub presences: Vec<Presence>,
}

/// `notifications.read`: notifications were marked on another device, or on this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationsRead {
    /// Which; all of them when absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// How many of the inbox are unread, counted up to 1 000.
    pub unread: u32,
}

/// The `ack` of a command that changed a message and answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The message as it is now.
    pub message: crate::Message,
}

/// `conversation.added`: the user is a member from now on, and entries after `head` follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConversationAdded {
    /// Of which conversation.
    pub conversation_id: Id,
    /// What kind.
    pub kind: ConversationKind,
    /// The position after which entries follow on this connection.
    pub head: Pos,
}

/// `conversation.removed`: the user is not a member any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConversationRemoved {
    /// Of which conversation.
    pub conversation_id: Id,
}

/// The `ack` of a `message.send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The message as it is stored.
    pub message: crate::Message,
}

/// Data without fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_without_looking_into_its_data() {
        let command: Command<'_> =
            serde_json::from_str(r#"{"event":"ping","id":7,"data":{"deep":[[1]]}}"#).unwrap();
        assert_eq!(command.event, "ping");
        assert_eq!(command.id.unwrap().get(), "7");
        let escaped: Command<'_> = serde_json::from_str(r#"{"event":"p\u0069ng"}"#).unwrap();
        assert_eq!(escaped.event, "ping");
        assert!(serde_json::from_str::<Command<'_>>(r#"{"event":"ping","more":1}"#).is_err());
        assert!(serde_json::from_str::<Command<'_>>("null").is_err());
        assert!(serde_json::from_str::<Command<'_>>("[]").is_err());
    }

    #[test]
    fn positions_name_a_conversation_once_and_not_too_many() {
        let id = |n: usize| format!("0198c0de-0000-7000-8000-{n:012x}");
        let one = format!("{{\"{}\":5}}", id(1));
        assert_eq!(serde_json::from_str::<Positions>(&one).unwrap().0.len(), 1);
        let twice = format!("{{\"{0}\":5,\"{0}\":6}}", id(1));
        assert!(serde_json::from_str::<Positions>(&twice).is_err());
        let many = |n: usize| {
            let all: Vec<_> = (0..n).map(|n| format!("\"{}\":1", id(n))).collect();
            format!("{{{}}}", all.join(","))
        };
        assert!(serde_json::from_str::<Positions>(&many(1000)).is_ok());
        assert!(serde_json::from_str::<Positions>(&many(1001)).is_err());
        for wrong in ["-1", "18446744073709551615", "\"1\"", "1.5", "null"] {
            let wrong = format!("{{\"{}\":{wrong}}}", id(1));
            assert!(serde_json::from_str::<Positions>(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_echoes_the_id_as_it_was_written() {
        let command: Command<'_> =
            serde_json::from_str(r#"{"event":"ping","id":"a\u0041"}"#).unwrap();
        let answer = Outgoing { event: "pong", id: command.id, data: Empty {} };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"event":"pong","id":"a\u0041","data":{}}"#
        );
    }
}
