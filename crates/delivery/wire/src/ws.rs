//! The WebSocket protocol: `{"event": …, "data": …}` in both directions, with `"id"` on a command and
//! on its answer (the shape of NestJS's `WsAdapter`).

mod command;
mod event;
mod name;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::{
    command::{
        Auth, Delivered, EditMessage, ForwardMessage, OnMessage, Ping, Positions, React, Read,
        SendMessage, Sync, Typing, Unread, WatchPresence,
    },
    event::{
        Changed, ConversationAdded, ConversationRemoved, DeliveredTo, Empty, Gap, IsTyping, Limits,
        NotificationsRead, OthersRead, Ready, Sent, Synced, SyncedConversation, Watched,
    },
    name::{CommandName, EventName},
};

/// Most conversations one `sync` may name.
pub const SYNC_MAX: usize = 1000;

/// Most users whose presence one connection may watch.
pub const WATCH_MAX: usize = 100;

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
    pub event: EventName,
    /// The `id` of the command it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a RawValue>,
    /// Its data.
    pub data: T,
}

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
    fn an_answer_echoes_the_id_as_it_was_written() {
        let command: Command<'_> =
            serde_json::from_str(r#"{"event":"ping","id":"a\u0041"}"#).unwrap();
        let answer = Outgoing { event: EventName::Pong, id: command.id, data: Empty {} };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"event":"pong","id":"a\u0041","data":{}}"#
        );
    }
}
