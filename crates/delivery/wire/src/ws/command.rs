use std::{collections::BTreeMap, fmt};

use garde::Validate;
use serde::{Deserialize, Deserializer, de};

use super::SYNC_MAX;
use crate::{Id, Pos, Seq, Time};

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
    #[garde(length(max = super::WATCH_MAX))]
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
