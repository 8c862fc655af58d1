//! What the hub tells, as frames: one serialisation for all receivers.

use actix_web::web::Bytes;
use kabar_chats::{ConversationKind, Cursor, Entry, Presence, Receipt};
use kabar_kernel::{ConversationId, Pos, UserId};
use kabar_notifications::{NotificationId, Preferences};
use kabar_realtime::{Encoder, Notice, frame};
use kabar_wire::ws::{
    ConversationAdded, ConversationRemoved, EventName, IsTyping, NotificationsRead, Outgoing,
};
use serde::Serialize;

use crate::present;

/// Encodes events as the JSON of `docs/WS.md`.
pub(crate) struct JsonEncoder;

/// Bytes that most events need less of.
const USUAL_BYTES: usize = 512;

/// An event that answers no command, as a text frame.
pub(super) fn event<T: Serialize>(event: EventName, data: T) -> Bytes {
    outgoing(&Outgoing { event, id: None, data })
}

/// An event as a text frame.
pub(super) fn outgoing<T: Serialize>(event: &Outgoing<'_, T>) -> Bytes {
    let mut json = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut json, event) {
        Ok(()) => frame::text(&json),
        Err(error) => {
            // The types of the protocol have string keys only, and writing to memory does not fail.
            tracing::error!(event = %event.event, %error, "could not encode an event");
            Bytes::new()
        }
    }
}

impl Encoder for JsonEncoder {
    fn entry(&self, entry: &Entry) -> Bytes {
        event(EventName::Entry, present::entry(entry))
    }

    fn conversation_added(
        &self,
        conversation: ConversationId,
        kind: ConversationKind,
        head: Pos,
    ) -> Bytes {
        event(
            EventName::ConversationAdded,
            ConversationAdded {
                conversation_id: present::id(conversation),
                kind: present::kind(kind),
                head: present::pos(head),
            },
        )
    }

    fn conversation_removed(&self, conversation: ConversationId) -> Bytes {
        event(
            EventName::ConversationRemoved,
            ConversationRemoved { conversation_id: present::id(conversation) },
        )
    }

    fn read(&self, cursor: &Cursor) -> Bytes {
        event(EventName::Read, present::read_cursor(cursor))
    }

    fn others_read(&self, receipt: &Receipt) -> Bytes {
        event(EventName::Read, present::others_read(receipt))
    }

    fn delivered(&self, receipt: &Receipt) -> Bytes {
        event(EventName::Delivered, present::delivered_to(receipt))
    }

    fn typing(&self, conversation: ConversationId, user: UserId, expires_in: u32) -> Bytes {
        event(
            EventName::Typing,
            IsTyping {
                conversation_id: present::id(conversation),
                user_id: present::id(user),
                expires_in,
            },
        )
    }

    fn presence(&self, presence: &Presence) -> Bytes {
        event(EventName::Presence, present::presence(presence))
    }

    fn notification(&self, notice: &Notice) -> Bytes {
        event(EventName::Notification, present::notice(notice))
    }

    fn notifications_read(&self, ids: &[NotificationId], unread: u32) -> Bytes {
        let ids = ids.iter().map(NotificationId::to_string).collect();
        event(EventName::NotificationsRead, NotificationsRead { ids, unread })
    }

    fn preferences(&self, conversation: ConversationId, preferences: &Preferences) -> Bytes {
        event(EventName::Preferences, present::preferences(conversation, preferences))
    }
}
