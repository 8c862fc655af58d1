//! What clients may send over a socket, to the letter.

use garde::Validate;
use kabar_wire::ws::{self, CommandName};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const ID: &str = "0198c0de-0000-7000-8000-000000000001";

/// Reads and checks a command's data as the server does.
pub(crate) fn understood(name: CommandName, data: &str) -> Result<(), String> {
    fn read<T: DeserializeOwned + Validate<Context = ()>>(data: &str) -> Result<(), String> {
        let value: T = serde_json::from_str(data).map_err(|flaw| flaw.to_string())?;
        value.validate().map_err(|flaw| flaw.to_string())
    }
    match name {
        CommandName::Auth => read::<ws::Auth>(data),
        CommandName::Sync => read::<ws::Sync>(data),
        CommandName::MessageSend => read::<ws::SendMessage>(data),
        CommandName::MessageForward => read::<ws::ForwardMessage>(data),
        CommandName::MessageEdit => read::<ws::EditMessage>(data),
        CommandName::MessageDelete | CommandName::MessagePin | CommandName::MessageUnpin => {
            read::<ws::OnMessage>(data)
        }
        CommandName::ReactionAdd | CommandName::ReactionRemove => read::<ws::React>(data),
        CommandName::Read => read::<ws::Read>(data),
        CommandName::Delivered => read::<ws::Delivered>(data),
        CommandName::Unread => read::<ws::Unread>(data),
        CommandName::Typing => read::<ws::Typing>(data),
        CommandName::Presence => read::<ws::WatchPresence>(data),
        CommandName::Ping => read::<ws::Ping>(data),
    }
}

/// A command's data with everything it may have, and what it may leave out.
fn fullest(name: CommandName) -> (Value, &'static [&'static str]) {
    match name {
        CommandName::Auth => (json!({ "token": "t" }), &[]),
        CommandName::Sync => (
            json!({ "epoch": "e", "positions": { ID: 1 }, "since": "2026-03-01T09:30:00.125Z" }),
            &["epoch", "since"],
        ),
        CommandName::MessageSend => (
            json!({ "conversation_id": ID, "client_id": "c", "body": "b", "reply_to": ID }),
            &["reply_to"],
        ),
        CommandName::MessageForward => (
            json!({
                "conversation_id": ID, "client_id": "c", "from_conversation_id": ID, "message_id": ID,
            }),
            &[],
        ),
        CommandName::MessageEdit => {
            (json!({ "conversation_id": ID, "message_id": ID, "body": "b" }), &[])
        }
        CommandName::MessageDelete | CommandName::MessagePin | CommandName::MessageUnpin => {
            (json!({ "conversation_id": ID, "message_id": ID }), &[])
        }
        CommandName::ReactionAdd | CommandName::ReactionRemove => {
            (json!({ "conversation_id": ID, "message_id": ID, "emoji": "👍" }), &[])
        }
        CommandName::Read | CommandName::Delivered => {
            (json!({ "conversation_id": ID, "seq": 1 }), &[])
        }
        CommandName::Unread | CommandName::Typing => (json!({ "conversation_id": ID }), &[]),
        CommandName::Presence => (json!({ "user_ids": [ID] }), &[]),
        CommandName::Ping => (json!({}), &[]),
    }
}

#[test]
fn a_command_has_its_fields_and_no_others() {
    for name in CommandName::ALL {
        let (fullest, optional) = fullest(*name);
        understood(*name, &fullest.to_string()).unwrap_or_else(|flaw| panic!("{name}: {flaw}"));
        for forged in ["author_id", "user_id", "pos", "at", "role", "__proto__"] {
            let mut forged_data = fullest.clone();
            forged_data[forged] = json!(ID);
            assert!(understood(*name, &forged_data.to_string()).is_err(), "{name} {forged}");
        }
        let fields = fullest.as_object().cloned().unwrap_or_default();
        for field in fields.keys() {
            let mut without = fields.clone();
            without.remove(field);
            let is_optional = optional.contains(&field.as_str());
            let taken = understood(*name, &json!(without).to_string()).is_ok();
            assert_eq!(taken, is_optional, "{name} without {field}");
            let mut other = fields.clone();
            other.insert(field.clone(), json!(true));
            assert!(understood(*name, &json!(other).to_string()).is_err(), "{name}: {field}: true");
        }
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let ids = |count: usize| vec![ID; count];
    for (name, field, longest, too_long) in [
        (CommandName::Presence, "user_ids", json!(ids(100)), json!(ids(101))),
        (CommandName::MessageEdit, "body", json!("x".repeat(16_384)), json!("x".repeat(16_385))),
        (CommandName::MessageSend, "body", json!("x".repeat(16_384)), json!("é".repeat(8193))),
        (CommandName::MessageForward, "client_id", json!("x".repeat(64)), json!("x".repeat(65))),
        (CommandName::ReactionAdd, "emoji", json!("x".repeat(64)), json!("x".repeat(65))),
        (CommandName::Sync, "epoch", json!("x".repeat(64)), json!("x".repeat(65))),
        (CommandName::Auth, "token", json!("x".repeat(4096)), json!("x".repeat(4097))),
    ] {
        let with = |value: &Value| {
            let mut data = fullest(name).0;
            data[field] = value.clone();
            understood(name, &data.to_string())
        };
        with(&longest).unwrap_or_else(|flaw| panic!("{name} {field}: {flaw}"));
        assert!(with(&too_long).is_err(), "{name} {field}");
    }
    for (name, field) in [
        (CommandName::MessageEdit, "body"),
        (CommandName::MessageForward, "client_id"),
        (CommandName::ReactionRemove, "emoji"),
        (CommandName::Auth, "token"),
    ] {
        let mut data = fullest(name).0;
        data[field] = json!("");
        assert!(understood(name, &data.to_string()).is_err(), "an empty {field} of {name}");
    }
    for since in ["2026-03-01T09:30:00Z", "yesterday", "", "2026-02-30T09:30:00.000Z"] {
        let data = json!({ "positions": {}, "since": since });
        assert!(understood(CommandName::Sync, &data.to_string()).is_err(), "{since:?}");
    }
}
