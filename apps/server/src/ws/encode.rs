//! What the hub tells, as frames: one serialisation for all receivers.

use actix_web::web::Bytes;
use kabar_chats::{ConversationKind, Cursor, Entry};
use kabar_kernel::{ConversationId, Pos};
use kabar_realtime::{Encoder, frame};
use kabar_wire::ws::{ConversationAdded, ConversationRemoved, Outgoing};
use serde::Serialize;

use crate::present;

/// Encodes events as the JSON of `docs/WS.md`.
pub(crate) struct JsonEncoder;

/// An event that answers no command, as a text frame.
pub(super) fn event<T: Serialize>(event: &'static str, data: T) -> Bytes {
    outgoing(&Outgoing { event, id: None, data })
}

/// An event as a text frame.
pub(super) fn outgoing<T: Serialize>(event: &Outgoing<'_, T>) -> Bytes {
    match serde_json::to_vec(event) {
        Ok(json) => frame::text(&json),
        Err(error) => {
            // The types of the protocol have string keys only, and writing to memory does not fail.
            tracing::error!(event = event.event, %error, "could not encode an event");
            Bytes::new()
        }
    }
}

impl Encoder for JsonEncoder {
    fn entry(&self, entry: &Entry) -> Bytes {
        event("entry", present::entry(entry))
    }

    fn conversation_added(
        &self,
        conversation: ConversationId,
        kind: ConversationKind,
        head: Pos,
    ) -> Bytes {
        event(
            "conversation.added",
            ConversationAdded {
                conversation_id: present::id(conversation),
                kind: present::kind(kind),
                head: present::pos(head),
            },
        )
    }

    fn conversation_removed(&self, conversation: ConversationId) -> Bytes {
        event(
            "conversation.removed",
            ConversationRemoved { conversation_id: present::id(conversation) },
        )
    }

    fn read(&self, cursor: &Cursor) -> Bytes {
        event("read", present::read_cursor(cursor))
    }
}
