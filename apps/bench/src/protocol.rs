//! The frames of the WebSocket protocol: those that are sent, put together from ready-made parts,
//! and those that are received, decoded in one pass without copying what is not needed.

use std::borrow::Cow;

use anyhow::Context;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::tag::Tag;

/// What the server sent, as far as the generator looks at it.
#[derive(Debug)]
pub enum Event<'a> {
    /// Live events begin. The epoch is kept as the JSON it came as.
    Ready {
        /// The epoch of the log.
        epoch: Option<&'a str>,
    },
    /// One entry of a conversation's log.
    Entry(Entry<'a>),
    /// A message was committed.
    Ack {
        /// Its number in the log.
        pos: u64,
        /// Its number among the messages.
        seq: u64,
        /// What it was called when it was sent.
        client_id: &'a str,
    },
    /// A command was refused.
    Refused {
        /// The problem's code, detail and title.
        problem: String,
    },
    /// A read cursor was moved.
    Marked {
        /// To this message, or further.
        read_seq: u64,
    },
    /// More was missed than is replayed: the rest is to be read by HTTP, up to `to`.
    Gap {
        /// Of which conversation.
        conversation_id: &'a str,
        /// The last position that is not replayed.
        to: u64,
    },
    /// What was missed has been replayed.
    Synced {
        /// The log is not the one that the positions were of.
        reset: bool,
    },
    /// Anything else.
    Other,
}

/// One entry of a conversation's log.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Of which conversation.
    pub conversation_id: &'a str,
    /// Its position.
    pub pos: u64,
    /// The message that it posts; `None` for any other change.
    pub message: Option<Message<'a>>,
}

/// A posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its number among the messages.
    pub seq: u64,
    /// What its author called it.
    pub client_id: &'a str,
}

#[derive(Deserialize)]
struct RawFrame<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<RawPayload<'a>>,
}

/// The fields of all events that are looked at; which of them stand depends on the event.
#[derive(Deserialize)]
struct RawPayload<'a> {
    #[serde(borrow, default)]
    conversation_id: Option<&'a str>,
    #[serde(default)]
    pos: Option<u64>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a str>,
    #[serde(borrow, default)]
    data: Option<RawChange<'a>>,
    #[serde(borrow, default)]
    message: Option<RawMessage<'a>>,
    #[serde(borrow, default)]
    epoch: Option<&'a RawValue>,
    #[serde(default)]
    read_seq: Option<u64>,
    #[serde(default)]
    to: Option<u64>,
    #[serde(default)]
    reset: bool,
    #[serde(borrow, default)]
    code: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    detail: Option<Cow<'a, str>>,
}

/// What an entry says about its change.
#[derive(Deserialize)]
struct RawChange<'a> {
    #[serde(borrow, default)]
    message: Option<RawMessage<'a>>,
}

#[derive(Deserialize)]
struct RawMessage<'a> {
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    pos: Option<u64>,
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
}

/// A text that is borrowed when it was written without escapes. (A `Cow` inside an `Option` is
/// always copied by serde.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Another author's `client_id` may have been written with escapes; then it is none of ours.
const fn borrowed<'a>(text: &Text<'a>) -> &'a str {
    match text.0 {
        Cow::Borrowed(text) => text,
        Cow::Owned(_) => "",
    }
}

/// Decodes one text frame.
///
/// # Errors
/// The frame is not what the protocol says; the text tells what is wrong.
pub fn decode(frame: &[u8]) -> Result<Event<'_>, String> {
    let RawFrame { event, data } =
        serde_json::from_slice(frame).map_err(|error| format!("{error}"))?;
    let missing = || format!("{event} without a field it must have");
    Ok(match (&*event, data) {
        ("entry", Some(data)) => Event::Entry(entry(&data).ok_or_else(missing)?),
        ("ack", Some(RawPayload { message: Some(message), .. })) => match message {
            RawMessage { seq: Some(seq), pos: Some(pos), client_id: Some(client_id) } => {
                Event::Ack { pos, seq, client_id: borrowed(&client_id) }
            }
            _ => return Err(missing()),
        },
        ("ack", Some(RawPayload { read_seq: Some(read_seq), .. })) => Event::Marked { read_seq },
        ("error", data) => Event::Refused { problem: problem(data) },
        ("ready", data) => {
            Event::Ready { epoch: data.and_then(|data| data.epoch).map(RawValue::get) }
        }
        ("gap", Some(RawPayload { conversation_id: Some(conversation_id), to: Some(to), .. })) => {
            Event::Gap { conversation_id, to }
        }
        ("synced", Some(data)) => Event::Synced { reset: data.reset },
        ("gap" | "synced" | "entry", _) => return Err(missing()),
        _ => Event::Other,
    })
}

/// One page of `GET /v1/conversations/{id}/entries`.
#[derive(Deserialize)]
struct RawPage<'a> {
    #[serde(borrow)]
    items: Vec<RawPayload<'a>>,
    has_more: bool,
}

/// Decodes one page of `GET /v1/conversations/{id}/entries`; the flag says whether there are more.
///
/// # Errors
/// It is not such a page.
pub fn decode_entries(body: &[u8]) -> anyhow::Result<(Vec<Entry<'_>>, bool)> {
    let page: RawPage<'_> = serde_json::from_slice(body)?;
    let entries = page.items.iter().map(entry).collect::<Option<_>>();
    Ok((entries.context("an entry without a field it must have")?, page.has_more))
}

fn entry<'a>(data: &RawPayload<'a>) -> Option<Entry<'a>> {
    let message = if data.kind? == "message.posted" {
        let message = data.data.as_ref()?.message.as_ref()?;
        Some(Message { seq: message.seq?, client_id: borrowed(message.client_id.as_ref()?) })
    } else {
        None
    };
    Some(Entry { conversation_id: data.conversation_id?, pos: data.pos?, message })
}

fn problem(data: Option<RawPayload<'_>>) -> String {
    let Some(data) = data else { return "without a problem".to_owned() };
    let said = [data.code, data.title, data.detail];
    said.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// The ready-made parts of a sender's `message.send`.
#[derive(Debug)]
pub struct SendTemplate {
    middle: Vec<u8>,
    tail: Vec<u8>,
    frame: Vec<u8>,
    next_id: u64,
}

impl SendTemplate {
    /// Parts for one conversation and a body of this many bytes, which calls everybody or nobody.
    pub fn new(conversation_id: &str, body_bytes: u16, calls_all: bool) -> Self {
        let text = "Kabar baik dari kampung: panen padi tahun ini melimpah ruah. ";
        let call = if calls_all { "@all " } else { "" };
        let body = call.chars().chain(text.chars().cycle());
        let body: String = body.take(usize::from(body_bytes)).collect();
        let middle =
            format!(r#"","data":{{"conversation_id":"{conversation_id}","client_id":""#).into();
        let tail = format!(r#"","body":"{body}"}}}}"#).into();
        Self { middle, tail, frame: Vec::new(), next_id: 0 }
    }

    /// The frame that sends this message.
    pub fn frame(&mut self, tag: &Tag) -> &[u8] {
        self.next_id += 1;
        self.frame.clear();
        self.frame.extend_from_slice(br#"{"event":"message.send","id":""#);
        push_decimal(&mut self.frame, self.next_id);
        self.frame.extend_from_slice(&self.middle);
        tag.write(&mut self.frame);
        self.frame.extend_from_slice(&self.tail);
        &self.frame
    }
}

/// The `sync` command for one conversation; `epoch` is the JSON that `ready` brought.
pub fn sync(epoch: Option<&str>, conversation_id: &str, pos: u64) -> String {
    let epoch = epoch.map(|epoch| format!(r#""epoch":{epoch},"#)).unwrap_or_default();
    format!(
        r#"{{"event":"sync","id":"sync","data":{{{epoch}"positions":{{"{conversation_id}":{pos}}}}}}}"#
    )
}

/// The `read` command up to a message; `id` is what its answer echoes.
pub fn read(id: u64, conversation_id: &str, seq: u64) -> String {
    format!(
        r#"{{"event":"read","id":{id},"data":{{"conversation_id":"{conversation_id}","seq":{seq}}}}}"#
    )
}

fn push_decimal(out: &mut Vec<u8>, value: u64) {
    let start = out.len();
    let mut rest = value;
    loop {
        out.push(b'0' + u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.get_mut(start..).unwrap_or_default().reverse();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::{Name, RunId};

    const POSTED: &str = r#"{"event":"entry","data":{"conversation_id":"c1","pos":7,
        "at":"2026-01-01T00:00:00.000Z","by":"u1","type":"message.posted","data":{"message":{"id":"m1",
        "conversation_id":"c1","seq":5,"pos":7,"author_id":"u1","client_id":"x-1",
        "body":"with \"quotes\"","reply_to":"m0","quote":{"id":"m0","seq":4,"author_id":"u2",
        "body":"@all"},"forwarded":{"author_id":"u2","created_at":"2026-01-01T00:00:00.000Z"},
        "mentions":["u2"],"mentions_all":true,"reactions":[{"emoji":"👍","count":1,"mine":true}],
        "created_at":"2026-01-01T00:00:00.000Z","edited_at":null,"deleted_at":null}}}}"#;

    #[test]
    fn a_posted_message_is_read() {
        let Ok(Event::Entry(entry)) = decode(POSTED.as_bytes()) else { panic!("an entry") };
        let message = Some(Message { seq: 5, client_id: "x-1" });
        assert_eq!(entry, Entry { conversation_id: "c1", pos: 7, message });
    }

    #[test]
    fn other_changes_are_entries_without_a_message() {
        let joined = br#"{"event":"entry","data":{"conversation_id":"c1","pos":2,"at":"","by":"u1",
            "type":"member.joined","data":{"user_id":"u2","role":"member"}}}"#;
        let Ok(Event::Entry(entry)) = decode(joined) else { panic!("an entry") };
        assert_eq!(entry, Entry { conversation_id: "c1", pos: 2, message: None });
    }

    #[test]
    fn answers_are_read_whatever_their_id_is() {
        for id in [r#""17""#, "17", "null"] {
            let ack = format!(
                r#"{{"event":"ack","id":{id},"data":{{"message":{{"id":"m","seq":1,"pos":2,"client_id":"a"}}}}}}"#
            );
            let event = decode(ack.as_bytes()).unwrap();
            assert!(matches!(event, Event::Ack { pos: 2, seq: 1, client_id: "a" }), "{event:?}");
        }
        let error = br#"{"event":"error","id":"3","data":{"code":"chat.not_a_member","status":403,
            "title":"Not a member","detail":"you are \"out\"","request_id":"r"}}"#;
        let Ok(Event::Refused { problem }) = decode(error) else { panic!("a refusal") };
        assert_eq!(problem, r#"chat.not_a_member: Not a member: you are "out""#);
    }

    #[test]
    fn the_events_around_a_resume_are_read() {
        let ready = br#"{"event":"ready","data":{"session":"s","user":{"id":"u"},"epoch":"e1",
            "heartbeat_seconds":25,"limits":{"message_bytes":16384}}}"#;
        assert!(matches!(decode(ready), Ok(Event::Ready { epoch: Some(r#""e1""#) })));
        let gap = br#"{"event":"gap","data":{"conversation_id":"c1","from":3,"to":900}}"#;
        assert!(matches!(decode(gap), Ok(Event::Gap { conversation_id: "c1", to: 900 })));
        let synced = br#"{"event":"synced","data":{"epoch":"e1","conversations":[{"id":"c1"}]}}"#;
        assert!(matches!(decode(synced), Ok(Event::Synced { reset: false })));
        let reset = br#"{"event":"synced","data":{"epoch":"e2","reset":true,"conversations":[]}}"#;
        assert!(matches!(decode(reset), Ok(Event::Synced { reset: true })));
    }

    #[test]
    fn a_moved_cursor_is_read() {
        let marked = br#"{"event":"ack","id":7,"data":{"conversation_id":"c1","user_id":"u1",
            "read_seq":40,"delivered_seq":40,"unread":0,"mentions":0,"marked_unread":false}}"#;
        assert!(matches!(decode(marked), Ok(Event::Marked { read_seq: 40 })));
    }

    #[test]
    fn what_comes_beside_the_log_is_passed_over() {
        for frame in [
            r#"{"event":"notification","data":{"id":"c1:7","kind":"message","conversation_id":"c1",
                "pos":7,"by":"u1","at":"","message":{"id":"m1","seq":5}}}"#,
            r#"{"event":"notification","data":{"id":"c1:8","kind":"group.role_changed",
                "conversation_id":"c1","pos":8,"by":"u1","at":"","role":"admin"}}"#,
            r#"{"event":"notifications.read","data":{"ids":["c1:7"],"unread":3}}"#,
            r#"{"event":"preferences","data":{"conversation_id":"c1","level":null,"muted_until":null}}"#,
            r#"{"event":"read","data":{"conversation_id":"c1","user_id":"u2","read_seq":5}}"#,
            r#"{"event":"delivered","data":{"conversation_id":"c1","user_id":"u2","delivered_seq":5}}"#,
            r#"{"event":"typing","data":{"conversation_id":"c1","user_id":"u2","expires_in":6}}"#,
            r#"{"event":"presence","data":{"user_id":"u2","online":true,"last_seen_at":null}}"#,
            r#"{"event":"ack","id":1,"data":{}}"#,
            r#"{"event":"an event of tomorrow","data":{"message":{"text":"any"}}}"#,
        ] {
            assert!(matches!(decode(frame.as_bytes()), Ok(Event::Other)), "{frame}");
        }
    }

    #[test]
    fn changes_of_messages_are_entries_without_a_message() {
        for change in [
            r#""message.edited","data":{"message":{"id":"m1","seq":5,"pos":7,"client_id":"x-1"}}"#,
            r#""message.deleted","data":{"message_id":"m1","seq":5}"#,
            r#""reaction.added","data":{"message_id":"m1","seq":5,"emoji":"👍","count":1}"#,
            r#""message.pinned","data":{"message_id":"m1","seq":5}"#,
        ] {
            let frame = format!(
                r#"{{"event":"entry","data":{{"conversation_id":"c1","pos":9,"at":"","by":"u1","type":{change}}}}}"#
            );
            let Ok(Event::Entry(entry)) = decode(frame.as_bytes()) else { panic!("{change}") };
            assert_eq!(entry, Entry { conversation_id: "c1", pos: 9, message: None });
        }
    }

    #[test]
    fn frames_that_are_not_the_protocol_are_named() {
        assert!(decode(b"[]").is_err());
        assert!(decode(br#"{"event":"entry","data":{"pos":1}}"#).is_err());
        assert!(decode(br#"{"event":"entry","data":{"pos":-1}}"#).is_err());
        assert!(matches!(decode(br#"{"event":"pong"}"#), Ok(Event::Other)));
    }

    #[test]
    fn what_is_sent_is_json_of_the_asked_size() {
        let tag = Tag { run: RunId::random(), name: Name { sender: 3, counter: 9 }, due: 12 };
        let mut template = SendTemplate::new("c1", 100, false);
        template.frame(&tag);
        let frame: serde_json::Value = serde_json::from_slice(template.frame(&tag)).unwrap();
        assert_eq!(frame["event"], "message.send");
        assert_eq!(frame["id"], "2");
        assert_eq!(frame["data"]["conversation_id"], "c1");
        assert_eq!(Tag::parse(frame["data"]["client_id"].as_str().unwrap()), Some(tag));
        assert_eq!(frame["data"]["body"].as_str().unwrap().len(), 100);
        let mut template = SendTemplate::new("c1", 100, true);
        let frame: serde_json::Value = serde_json::from_slice(template.frame(&tag)).unwrap();
        let body = frame["data"]["body"].as_str().unwrap();
        assert!(body.starts_with("@all Kabar") && body.len() == 100, "{body}");
        let read: serde_json::Value = serde_json::from_str(&read(7, "c1", 40)).unwrap();
        assert_eq!((&read["event"], &read["id"]), (&"read".into(), &7.into()));
        assert_eq!(read["data"], serde_json::json!({"conversation_id": "c1", "seq": 40}));
        let sync: serde_json::Value =
            serde_json::from_str(&sync(Some(r#""e1""#), "c1", 40)).unwrap();
        assert_eq!(sync["data"]["positions"]["c1"], 40);
        assert_eq!(sync["data"]["epoch"], "e1");
    }
}
