//! The schemas of the API document say what is written and read, no more and no less.

use std::collections::BTreeSet;

use garde::Validate;
use kabar_wire::{
    ChangePrivacy, Concern, EditMessage, ForwardMessage, Level, MarkDelivered, MarkNotifications,
    MessageEdited, MessageNamed, MessagePage, MessageReceipts, Notification, NotificationPage,
    NotificationSettings, NotifiedMessage, Pin, PinList, Pos, Privacy, QuietHours, ReactionChanged,
    Receipt, ReceiptList, Seq, SetNotificationSettings, SetPreferences, UnreadNotifications,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use utoipa::PartialSchema;

use crate::samples::{self, NOW, id};

const ID: &str = "0198c0de-0000-7000-8000-000000000001";

fn names(of: &Value) -> BTreeSet<String> {
    match of {
        Value::Object(members) => members.keys().cloned().collect(),
        Value::Array(names) => {
            names.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Checks that what is written when everything is there are the schema's properties, and what is
/// written in any case are those that the schema requires.
fn written<T: Serialize + PartialSchema>(fullest: &T, barest: &T) {
    let schema = samples::json(T::schema());
    let fullest = samples::json(fullest);
    assert_eq!(names(&fullest), names(&schema["properties"]), "{fullest}");
    let barest = samples::json(barest);
    assert_eq!(names(&barest), names(&schema["required"]), "{barest}");
}

/// Checks that a body with all of the schema's properties is read, also without those that the schema
/// does not require, and not with any other, nor without one that it requires.
fn read<T: DeserializeOwned + Validate<Context = ()> + PartialSchema>(fullest: &Value) {
    let reads = |body: Value| {
        let read: Result<T, _> = serde_json::from_value(body);
        read.is_ok_and(|body| body.validate().is_ok())
    };
    let schema = samples::json(T::schema());
    assert_eq!(names(fullest), names(&schema["properties"]));
    assert!(reads(fullest.clone()), "{fullest}");
    let required = names(&schema["required"]);
    for property in names(fullest) {
        let mut without = fullest.clone();
        without.as_object_mut().unwrap().remove(&property);
        assert_eq!(reads(without), !required.contains(&property), "without {property}");
    }
    let mut more = fullest.clone();
    more["more"] = json!(1);
    assert!(!reads(more), "an unknown field is taken");
}

#[test]
fn messages_are_as_the_schema_says() {
    written(&samples::full(), &samples::plain());
    let quote = samples::quote();
    written(&quote, &quote);
    let reaction = samples::reaction();
    written(&reaction, &reaction);
    let forwarded = samples::forwarded().forwarded.unwrap();
    written(&forwarded, &forwarded);
    let pin = Pin { message: samples::plain(), by: id(1), at: NOW };
    written(&pin, &pin);
    let pins = PinList { items: vec![pin], has_more: false };
    written(&pins, &pins);
    let page = MessagePage {
        items: vec![samples::full()],
        has_more: true,
        has_before: true,
        has_after: false,
        head: Pos::new(7),
    };
    written(&page, &page);
}

#[test]
fn changes_of_messages_are_as_the_schema_says() {
    let edited = MessageEdited { message: samples::plain() };
    written(&edited, &edited);
    let named = MessageNamed { message_id: id(1), seq: Seq::new(1) };
    written(&named, &named);
    let reaction =
        ReactionChanged { message_id: id(1), seq: Seq::new(1), emoji: "👍".into(), count: 0 };
    written(&reaction, &reaction);
    read::<EditMessage>(&json!({ "body": "b" }));
    let forward = json!({ "client_id": "c", "from_conversation_id": ID, "message_id": ID });
    read::<ForwardMessage>(&forward);
}

#[test]
fn receipts_are_as_the_schema_says() {
    let cursor = samples::own_cursor();
    written(&cursor, &cursor);
    let receipt = Receipt {
        conversation_id: id(1),
        user_id: id(2),
        read_seq: Seq::new(1),
        delivered_seq: Seq::new(2),
    };
    written(&receipt, &receipt);
    let receipts = ReceiptList { items: vec![receipt], has_more: false };
    written(&receipts, &receipts);
    let of_message = MessageReceipts { read: vec![id(1)], delivered: Vec::new() };
    written(&of_message, &of_message);
    read::<MarkDelivered>(&json!({ "seq": 1 }));
}

#[test]
fn notifications_are_as_the_schema_says() {
    let message = NotifiedMessage { id: id(1), seq: Seq::new(1), body: Some("pagi".into()) };
    written(&message, &NotifiedMessage { body: None, ..message.clone() });
    let barest = Notification { message: None, ..samples::of_message() };
    let fullest = Notification {
        message: Some(message),
        unread: Some(1),
        role: Some(kabar_wire::Role::Member),
        read: Some(true),
        ..barest.clone()
    };
    written(&fullest, &barest);
    let page = NotificationPage {
        items: vec![fullest],
        has_more: true,
        next: Some(kabar_wire::Cursor("x".into())),
        unread: 1,
    };
    written(&page, &NotificationPage { next: None, ..page.clone() });
    let left = UnreadNotifications { unread: 1 };
    written(&left, &left);
    let kinds: Vec<_> = [
        Concern::Message,
        Concern::Mention,
        Concern::MentionAll,
        Concern::Reply,
        Concern::Joined,
        Concern::RoleChanged,
    ]
    .map(samples::json)
    .into();
    assert_eq!(json!(kinds), samples::json(Concern::schema())["enum"]);
    read::<MarkNotifications>(&json!({ "ids": [format!("{ID}:17")] }));
    for (ids, taken) in [
        (json!(null), true),
        (json!([]), false),
        (json!(vec![ID; 100]), true),
        (json!(vec![ID; 101]), false),
        (json!(["x".repeat(65)]), false),
        (json!([1]), false),
    ] {
        let body: Result<MarkNotifications, _> = serde_json::from_value(json!({ "ids": ids }));
        assert_eq!(body.is_ok_and(|body| body.validate().is_ok()), taken, "{ids}");
    }
}

#[test]
fn what_users_decide_is_as_the_schema_says() {
    let preferences = samples::preferences();
    written(&preferences, &preferences);
    let levels = [Level::All, Level::Mentions, Level::None].map(samples::json);
    assert_eq!(levels, ["all", "mentions", "none"].map(Value::from));
    read::<SetPreferences>(&json!({ "level": "none", "muted_until": "2026-03-01T18:00:00.000Z" }));
    let hours = json!({ "time_zone": "Asia/Jakarta", "from": "22:00", "to": "07:00" });
    read::<QuietHours>(&hours);
    read::<SetNotificationSettings>(&json!({ "quiet_hours": hours }));
    let inner = json!({ "quiet_hours": { "time_zone": "", "from": "22:00", "to": "07:00" } });
    let body: SetNotificationSettings = serde_json::from_value(inner).unwrap();
    assert!(body.validate().is_err(), "what is inside is checked too");
    let hours: QuietHours = serde_json::from_value(hours).unwrap();
    written(&hours, &hours);
    let settings = NotificationSettings { quiet_hours: None };
    written(&settings, &settings);
    let privacy = Privacy { receipts: true, typing: true, presence: false };
    written(&privacy, &privacy);
    read::<ChangePrivacy>(&json!({ "receipts": true, "typing": false, "presence": null }));
    let presence = samples::presence();
    written(&presence, &presence);
}
