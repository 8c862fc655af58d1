//! What entries do to messages.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::{
    excerpt::excerpt,
    json::{list, number, optional, text},
    picture::{Picture, Pin},
};

/// How an entry was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// It was pushed: it may show a message as it was before what a page showed already.
    Live,
    /// It was asked for after everything that the replica holds.
    Later,
}

/// How many reacted with one emoji, and whether the reader is one of them.
#[derive(Debug, Clone)]
struct Reaction {
    emoji: String,
    count: u64,
    mine: bool,
}

/// A message with its reactions.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// As it was last shown, without its reactions.
    pub(super) message: Value,
    /// In the order in which each emoji was first used.
    reactions: Vec<Reaction>,
    /// Whether the entry that deletes it was taken; it may show as deleted before.
    deleted: bool,
}

impl Held {
    /// As the server shows it in a page of messages.
    pub(super) fn from_shown(message: &Value) -> anyhow::Result<Self> {
        let mut reactions: Vec<Reaction> = Vec::new();
        for reaction in list(message, "/reactions")? {
            let count = number(reaction, "/count")?;
            let mine = reaction.get("mine").and_then(Value::as_bool);
            let mine = mine.with_context(|| format!("is it mine? {reaction}"))?;
            ensure!(count > 0, "a reaction of nobody: {message}");
            let emoji = text(reaction, "/emoji")?.to_owned();
            let is_twice = reactions.iter().any(|before| before.emoji == emoji);
            ensure!(!is_twice, "one emoji twice: {message}");
            reactions.push(Reaction { emoji, count, mine });
        }
        let deleted = optional(message, "deleted_at").is_some();
        ensure!(!deleted || content_is_gone(message), "something of it is left: {message}");
        Ok(Self { message: bare(message), reactions, deleted })
    }

    pub(super) fn shown(&self) -> Value {
        let mut shown = self.message.clone();
        let reaction = |(place, reaction): (usize, &Reaction)| {
            let Reaction { emoji, count, mine } = reaction;
            (emoji.clone(), json!({ "place": place, "count": count, "mine": mine }))
        };
        if let Some(fields) = shown.as_object_mut() {
            let reactions = self.reactions.iter().enumerate().map(reaction).collect();
            fields.insert("reactions".to_owned(), Value::Object(reactions));
        }
        shown
    }

    fn quote(&self) -> anyhow::Result<Value> {
        let field = |name: &str| self.message.get(name).cloned().unwrap_or(Value::Null);
        Ok(json!({
            "id": field("id"),
            "seq": field("seq"),
            "author_id": field("author_id"),
            "body": excerpt(text(&self.message, "/body")?),
            "edited_at": field("edited_at"),
            "deleted_at": field("deleted_at"),
        }))
    }

    /// Shows what it answers as that is now, unless it shows a later state already.
    fn requote(&mut self, quote: &Value) {
        if let Some(shown) = self.message.get_mut("quote")
            && shown.get("id") == quote.get("id")
            && !is_older(quote, shown)
        {
            *shown = quote.clone();
        }
    }
}

/// Whether one reading of a message, or of its quote, is of an earlier state than another.
fn is_older(reading: &Value, than: &Value) -> bool {
    let deleted = |value| optional(value, "deleted_at").is_some();
    let edited = |value| optional(value, "edited_at").and_then(Value::as_str).map(str::to_owned);
    match (deleted(reading), deleted(than)) {
        (true, _) => false,
        (false, true) => true,
        // RFC 3339 in UTC and milliseconds is in order as text.
        (false, false) => edited(reading) < edited(than),
    }
}

/// Whether a deleted message shows nothing of what it was.
pub(super) fn content_is_gone(message: &Value) -> bool {
    let empty = |name| message.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty);
    message.get("body") == Some(&json!(""))
        && empty("mentions")
        && empty("reactions")
        && message.get("mentions_all").is_none()
        && message.get("forwarded").is_none()
}

/// A message without its reactions.
fn bare(message: &Value) -> Value {
    let mut bare = message.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.remove("reactions");
    }
    bare
}

/// Checks that entries which were read at one moment show each message in one state, and say what
/// they are about and nothing else.
pub(super) fn one_state(entries: &[Value]) -> anyhow::Result<()> {
    let mut shown: BTreeMap<u64, &Value> = BTreeMap::new();
    for message in entries.iter().filter_map(|entry| entry.pointer("/data/message")) {
        let before = shown.insert(number(message, "/seq")?, message);
        ensure!(before.is_none_or(|before| before == message), "two states of {message}");
    }
    for entry in entries.iter().filter(|entry| entry.get("type") == Some(&json!("message.deleted")))
    {
        if let Some(message) = shown.get(&number(entry, "/data/seq")?) {
            let deleted = optional(message, "deleted_at").is_some();
            ensure!(deleted, "shown although it is deleted: {message}");
        }
    }
    Ok(())
}

impl Picture {
    pub(super) fn posted(
        &mut self,
        entry: &Value,
        about: &Value,
        reading: Reading,
    ) -> anyhow::Result<()> {
        let message = about.get("message").context("a posted message is shown")?;
        self.check(message, reading)?;
        for (of_entry, of_message) in [
            ("conversation_id", "conversation_id"),
            ("pos", "pos"),
            ("by", "author_id"),
            ("at", "created_at"),
        ] {
            ensure!(entry.get(of_entry) == message.get(of_message), "two of {of_message}");
        }
        let seq = number(message, "/seq")?;
        ensure!(seq == self.last_seq() + 1, "message {seq} came after {}", self.last_seq());
        for held in self.messages.values().map(|held| &held.message) {
            let same = |name| held.get(name) == message.get(name);
            ensure!(!same("id"), "an id twice");
            ensure!(!(same("author_id") && same("client_id")), "a client id twice");
        }
        let held = Held { message: bare(message), reactions: Vec::new(), deleted: false };
        self.messages.insert(seq, held);
        Ok(())
    }

    pub(super) fn edited(
        &mut self,
        by: &str,
        at: &str,
        about: &Value,
        reading: Reading,
    ) -> anyhow::Result<()> {
        let message = about.get("message").context("an edited message is shown")?;
        self.check(message, reading)?;
        let held = self.held(message, "/id")?;
        ensure!(!held.deleted, "edited after it was deleted");
        for name in
            ["conversation_id", "id", "pos", "author_id", "client_id", "reply_to", "created_at"]
        {
            ensure!(held.message.get(name) == message.get(name), "another {name}");
        }
        ensure!(text(message, "/author_id")? == by, "edited by somebody else");
        ensure!(held.message.get("forwarded").is_none(), "a forwarded message was edited");
        if optional(message, "deleted_at").is_none() {
            ensure!(text(message, "/edited_at")? >= at, "shown as before this edit");
        }
        if is_older(message, &held.message) {
            ensure!(reading == Reading::Live, "older than {}", held.message);
            return Ok(());
        }
        let quote_before = held.message.get("quote").cloned();
        held.message = bare(message);
        if let Some(quote) = quote_before {
            held.requote(&quote);
        }
        let (quote, id) = (held.quote()?, text(message, "/id")?);
        self.requote(id, &quote);
        Ok(())
    }

    pub(super) fn deleted(&mut self, at: &str, about: &Value) -> anyhow::Result<()> {
        let held = self.named(about)?;
        ensure!(!held.deleted, "deleted twice");
        let shown = optional(&held.message, "deleted_at");
        ensure!(shown.is_none_or(|shown| shown == at), "was deleted at another moment: {shown:?}");
        held.deleted = true;
        held.reactions.clear();
        if let Some(message) = held.message.as_object_mut() {
            message.insert("body".to_owned(), json!(""));
            message.insert("mentions".to_owned(), json!([]));
            message.insert("deleted_at".to_owned(), json!(at));
            message.remove("mentions_all");
            message.remove("forwarded");
        }
        let (quote, id) = (held.quote()?, text(about, "/message_id")?);
        self.requote(id, &quote);
        self.pins.retain(|(pinned, _)| pinned != id);
        Ok(())
    }

    pub(super) fn reacted(&mut self, mine: bool, about: &Value) -> anyhow::Result<()> {
        let (emoji, count) = (text(about, "/emoji")?, number(about, "/count")?);
        let held = self.named(about)?;
        ensure!(!held.deleted, "a reaction to a deleted message");
        match held.reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => {
                ensure!(count == reaction.count + 1, "{count} after {}", reaction.count);
                ensure!(!(mine && reaction.mine), "reacted so already");
                reaction.count = count;
                reaction.mine |= mine;
            }
            None => {
                ensure!(count == 1, "{count} after 0");
                held.reactions.push(Reaction { emoji: emoji.to_owned(), count, mine });
            }
        }
        ensure!(held.reactions.len() <= 20, "more emojis than a message may have");
        Ok(())
    }

    pub(super) fn took_back(&mut self, mine: bool, about: &Value) -> anyhow::Result<()> {
        let (emoji, count) = (text(about, "/emoji")?, number(about, "/count")?);
        let held = self.named(about)?;
        let reaction = held.reactions.iter_mut().find(|reaction| reaction.emoji == emoji);
        let reaction = reaction.context("nobody had reacted so")?;
        ensure!(count + 1 == reaction.count, "{count} after {}", reaction.count);
        ensure!(!mine || reaction.mine, "had not reacted so");
        reaction.count = count;
        reaction.mine &= !mine;
        held.reactions.retain(|reaction| reaction.count > 0);
        Ok(())
    }

    pub(super) fn pinned(&mut self, about: &Value, pin: Pin) -> anyhow::Result<()> {
        ensure!(!self.named(about)?.deleted, "a deleted message was pinned");
        let id = text(about, "/message_id")?;
        ensure!(self.pins.iter().all(|(pinned, _)| pinned != id), "was pinned already");
        self.pins.insert(0, (id.to_owned(), pin));
        Ok(())
    }

    pub(super) fn unpinned(&mut self, about: &Value) -> anyhow::Result<()> {
        self.named(about)?;
        let id = text(about, "/message_id")?;
        let place = self.pins.iter().position(|(pinned, _)| pinned == id);
        self.pins.remove(place.context("was not pinned")?);
        Ok(())
    }

    /// The message that an entry names.
    fn named(&mut self, about: &Value) -> anyhow::Result<&mut Held> {
        self.held(about, "/message_id")
    }

    fn held(&mut self, about: &Value, id: &str) -> anyhow::Result<&mut Held> {
        let (id, seq) = (text(about, id)?, number(about, "/seq")?);
        let held = self.messages.get_mut(&seq).with_context(|| format!("no message {seq}"))?;
        ensure!(text(&held.message, "/id")? == id, "message {seq} has another id");
        Ok(held)
    }

    /// What answers a message shows it as it is now.
    fn requote(&mut self, id: &str, quote: &Value) {
        let answers = self.messages.values_mut();
        for held in answers.filter(|held| held.message.get("reply_to") == Some(&json!(id))) {
            held.requote(quote);
        }
    }

    /// Whether an entry may show a message so.
    fn check(&self, message: &Value, reading: Reading) -> anyhow::Result<()> {
        ensure!(list(message, "/reactions")?.is_empty(), "an entry shows reactions");
        let deleted = optional(message, "deleted_at").is_some();
        ensure!(!deleted || content_is_gone(message), "something of it is left");
        ensure!(deleted || !text(message, "/body")?.is_empty(), "a message that says nothing");
        let Some(answered) = optional(message, "reply_to") else {
            ensure!(message.get("quote").is_none(), "a quote of nothing");
            return Ok(());
        };
        let quote = message.get("quote").context("an answer without quote")?;
        ensure!(quote.get("id") == Some(answered), "a quote of another message");
        let held = self.messages.get(&number(quote, "/seq")?).context("a quote of no message")?;
        let present = held.quote()?;
        for name in ["id", "seq", "author_id"] {
            ensure!(present.get(name) == quote.get(name), "a quote with another {name}");
        }
        if optional(quote, "deleted_at").is_some() {
            ensure!(text(quote, "/body")?.is_empty(), "a quote of deleted words");
        }
        if is_older(quote, &present) {
            let stale = held.deleted || reading == Reading::Later;
            ensure!(!stale, "a quote from before {present}");
        }
        Ok(())
    }
}
