//! What a conversation looks like, to one of its members.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Held,
    json::{optional, text},
};

/// Messages that wait are counted up to this many.
const CAP: usize = 1000;

/// A conversation. Made from entries, and from what the server shows, and the same both ways.
#[derive(Debug, Clone, Default)]
pub(super) struct Picture {
    pub(super) head: u64,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) members: BTreeMap<String, Member>,
    /// By number.
    pub(super) messages: BTreeMap<u64, Held>,
    /// By message id.
    /// Each with the id of its message, the last pinned first.
    pub(super) pins: Vec<(String, Pin)>,
    pub(super) cursor: Cursor,
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) role: String,
    /// Not shown of a direct conversation.
    pub(super) joined_at: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Pin {
    pub(super) by: String,
    pub(super) at: String,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    pub(super) read_seq: u64,
    pub(super) delivered_seq: u64,
    pub(super) marked_unread: bool,
}

impl Picture {
    pub(super) fn last_seq(&self) -> u64 {
        self.messages.keys().next_back().copied().unwrap_or(0)
    }

    /// All of it as JSON, with what follows from it.
    pub(super) fn shown(&self, me: &str) -> Value {
        let members: BTreeMap<_, _> = self
            .members
            .iter()
            .map(|(user, member)| {
                (user, json!({ "role": member.role, "joined_at": member.joined_at }))
            })
            .collect();
        // In the order of their numbers, also as text.
        let messages: BTreeMap<_, _> =
            self.messages.iter().map(|(seq, held)| (format!("{seq:06}"), held.shown())).collect();
        let pins: Vec<_> = self
            .pins
            .iter()
            .map(|(id, pin)| json!({ "message_id": id, "by": pin.by, "at": pin.at }))
            .collect();
        let waiting = || self.messages.range(self.cursor.read_seq + 1..).map(|(_, held)| held);
        let waiting = || waiting().filter(|held| held.is_for(me));
        let mentions = waiting().filter(|held| held.calls(me)).take(CAP).count();
        json!({
            "head": self.head,
            "last_seq": self.last_seq(),
            "name": self.name,
            "description": self.description,
            "role": self.members.get(me).map(|member| member.role.as_str()),
            "member_count": self.members.len(),
            "members": members,
            "messages": messages,
            "pins": pins,
            "cursor": {
                "read_seq": self.cursor.read_seq,
                "delivered_seq": self.cursor.delivered_seq,
                "marked_unread": self.cursor.marked_unread,
                "unread": waiting().take(CAP).count(),
                "mentions": mentions,
            },
        })
    }
}

impl Held {
    /// Whether it waits for somebody who has not read it.
    fn is_for(&self, reader: &str) -> bool {
        let of_others = text(&self.message, "/author_id").is_ok_and(|author| author != reader);
        of_others && optional(&self.message, "deleted_at").is_none()
    }

    fn calls(&self, reader: &str) -> bool {
        let named = self.message.get("mentions").and_then(Value::as_array);
        named.is_some_and(|users| users.iter().any(|user| user == reader))
            || self.message.get("mentions_all") == Some(&Value::Bool(true))
    }
}
