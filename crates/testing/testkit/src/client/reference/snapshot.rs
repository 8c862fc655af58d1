//! What the server shows of a conversation.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{
    Held, Picture, Pin, content_is_gone, difference,
    json::{list, number, optional, text},
    picture::{Cursor, Member},
};
use crate::{PATIENCE, client::HttpClient, eventually};

/// Everything that a conversation shows one of its members, read over HTTP at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) me: String,
    pub(super) conversation: String,
    pub(super) picture: Picture,
    /// The picture as JSON, with the numbers as the server counts them.
    pub(super) shown: Value,
}

impl Snapshot {
    /// Reads a conversation as the client's user, whose id is `me`; again, when it changed meanwhile.
    ///
    /// # Errors
    /// The server refuses, contradicts itself, or the conversation never rests.
    pub async fn take(http: &HttpClient, me: &str, conversation: &str) -> anyhow::Result<Self> {
        let mut taken = Ok(None);
        eventually("a moment in which nothing changes", PATIENCE, async || {
            taken = Self::attempt(http, me, conversation).await;
            !matches!(taken, Ok(None))
        })
        .await?;
        taken?.context("nothing was read")
    }

    /// What the messages say, in their order.
    pub fn bodies(&self) -> Vec<&str> {
        let messages = self.picture.messages.values();
        messages.filter_map(|held| held.message.get("body").and_then(Value::as_str)).collect()
    }

    /// Checks entries that were read while nothing changed: what they show of messages is what the
    /// messages are now, and what is deleted is in none of them.
    ///
    /// # Errors
    /// They show something else.
    pub fn explains(&self, entries: &[Value]) -> anyhow::Result<()> {
        for entry in entries {
            let Some(message) = entry.pointer("/data/message") else { continue };
            let held = self.picture.messages.get(&number(message, "/seq")?);
            let held = held.with_context(|| format!("no such message: {entry}"))?;
            let mut shown = message.clone();
            shown.as_object_mut().and_then(|fields| fields.remove("reactions"));
            let differences = difference::between(&shown, &held.message);
            ensure!(
                differences.is_empty(),
                "an entry (left) and the message (right) differ:\n{}\nin {entry}",
                differences.join("\n")
            );
        }
        Ok(())
    }

    /// `None` when something changed while it was read.
    async fn attempt(
        http: &HttpClient,
        me: &str,
        conversation: &str,
    ) -> anyhow::Result<Option<Self>> {
        let path = format!("/v1/conversations/{conversation}");
        let before = http.get(&path).await?.expect(200)?;
        let head = number(&before, "/head")?;
        let mut picture = Picture {
            head,
            name: optional(&before, "name").and_then(Value::as_str).map(str::to_owned),
            cursor: Cursor {
                read_seq: number(&before, "/read_seq")?,
                delivered_seq: number(&before, "/delivered_seq")?,
                marked_unread: before.get("marked_unread") == Some(&Value::Bool(true)),
            },
            ..Picture::default()
        };
        if !read_messages(http, &path, head, &mut picture).await? {
            return Ok(None);
        }
        let pins = http.get(&format!("{path}/pins")).await?.expect(200)?;
        if text(&before, "/kind")? == "group" {
            read_group(http, conversation, &mut picture).await?;
        } else {
            for member in list(&before, "/members")? {
                picture.member(member, None)?;
            }
        }
        if http.get(&path).await?.expect(200)? != before {
            return Ok(None);
        }
        picture.read_pins(&pins)?;
        let mut shown = picture.shown(me);
        for pointer in ["/head", "/last_seq", "/name", "/role", "/member_count"] {
            let (ours, theirs) = (shown.pointer_mut(pointer), before.pointer(pointer));
            *ours.context("a picture is whole")? = theirs.cloned().unwrap_or(Value::Null);
        }
        for name in ["read_seq", "delivered_seq", "marked_unread", "unread", "mentions"] {
            let ours = shown.pointer_mut(&format!("/cursor/{name}"));
            *ours.context("a picture is whole")? = before.get(name).cloned().unwrap_or(Value::Null);
        }
        let (me, conversation) = (me.to_owned(), conversation.to_owned());
        Ok(Some(Self { me, conversation, picture, shown }))
    }
}

/// Reads all messages; `false` when a page is of another head.
async fn read_messages(
    http: &HttpClient,
    path: &str,
    head: u64,
    picture: &mut Picture,
) -> anyhow::Result<bool> {
    loop {
        let path = format!("{path}/messages?after={}&limit=100", picture.last_seq());
        let page = http.get(&path).await?.expect(200)?;
        if number(&page, "/head")? != head {
            return Ok(false);
        }
        for message in list(&page, "/items")? {
            let seq = number(message, "/seq")?;
            ensure!(seq == picture.last_seq() + 1, "{seq} came after {}", picture.last_seq());
            picture.messages.insert(seq, Held::from_shown(message)?);
        }
        if page.get("has_after") != Some(&Value::Bool(true)) {
            return Ok(true);
        }
    }
}

async fn read_group(http: &HttpClient, group: &str, picture: &mut Picture) -> anyhow::Result<()> {
    let shown = http.get(&format!("/v1/groups/{group}")).await?.expect(200)?;
    picture.description = Some(text(&shown, "/description")?.to_owned());
    let mut after = String::new();
    loop {
        let path = format!("/v1/groups/{group}/members?limit=100{after}");
        let page = http.get(&path).await?.expect(200)?;
        for member in list(&page, "/items")? {
            picture.member(member, Some(text(member, "/joined_at")?.to_owned()))?;
        }
        let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(()) };
        after = format!("&after={next}");
    }
}

impl Picture {
    fn member(&mut self, shown: &Value, joined_at: Option<String>) -> anyhow::Result<()> {
        let member = Member { role: text(shown, "/role")?.to_owned(), joined_at };
        let before = self.members.insert(text(shown, "/user_id")?.to_owned(), member);
        ensure!(before.is_none(), "a member twice: {shown}");
        Ok(())
    }

    /// The pins, each with its message as the messages show it, the last pinned first.
    fn read_pins(&mut self, pins: &Value) -> anyhow::Result<()> {
        for shown in list(pins, "/items")? {
            let message = shown.get("message").context("a pin shows its message")?;
            let held = self.messages.get(&number(message, "/seq")?);
            let held = held.with_context(|| format!("a pin of no message: {shown}"))?;
            let differences =
                difference::between(&Held::from_shown(message)?.shown(), &held.shown());
            ensure!(
                differences.is_empty(),
                "a pin (left) and its message (right) differ:\n{}",
                differences.join("\n")
            );
            ensure!(!content_is_gone(message), "a deleted message is pinned: {shown}");
            let at = text(shown, "/at")?;
            let pin = Pin { by: text(shown, "/by")?.to_owned(), at: at.to_owned() };
            let id = text(message, "/id")?;
            ensure!(self.pins.iter().all(|(pinned, _)| pinned != id), "pinned twice: {shown}");
            self.pins.push((id.to_owned(), pin));
        }
        Ok(())
    }
}
