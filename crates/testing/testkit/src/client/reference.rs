//! A client that is as strict as the documents allow: it keeps a conversation from its entries, and
//! complains of whatever cannot be.

mod difference;
mod excerpt;
mod json;
mod message;
mod picture;
mod roster;
mod snapshot;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

pub use self::snapshot::Snapshot;

use self::{
    json::{number, text},
    message::{Held, Reading, content_is_gone, one_state},
    picture::{Picture, Pin},
};

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was the next one, and the replica shows it.
    New,
    /// The replica had it.
    Old,
}

/// What a client holds of one conversation: a [`Snapshot`], or nothing, and every entry since.
///
/// Entries are taken strictly in the order of `pos`. What cannot have happened to what the replica
/// holds is an error, so that a log that lost, doubled or mixed up entries does not go unnoticed
/// even where its positions look right.
#[derive(Debug, Clone)]
pub struct Replica {
    me: String,
    conversation: String,
    picture: Picture,
    /// What each entry that was taken is known by, which no later reading of it may contradict.
    known: BTreeMap<u64, Value>,
}

impl Replica {
    /// Of a group, as `me` sees it, before its first entry.
    pub fn of_group(me: &str, conversation: &str) -> Self {
        Self {
            me: me.to_owned(),
            conversation: conversation.to_owned(),
            picture: Picture::default(),
            known: BTreeMap::new(),
        }
    }

    /// Continues a snapshot.
    pub fn after(snapshot: &Snapshot) -> Self {
        let mut replica = Self::of_group(&snapshot.me, &snapshot.conversation);
        replica.picture = snapshot.picture.clone();
        replica
    }

    /// The last position it has.
    pub const fn head(&self) -> u64 {
        self.picture.head
    }

    /// Takes an entry as it came over a socket. One that the replica has may come again.
    ///
    /// # Errors
    /// It leaves a hole, says of a position something else than was said before, or cannot have
    /// happened.
    pub fn apply(&mut self, entry: &Value) -> anyhow::Result<Taken> {
        self.take(entry, Reading::Live).with_context(|| format!("at {entry}"))
    }

    /// Takes a page of entries as it was read over HTTP after the replica's last position.
    ///
    /// # Errors
    /// As [`Replica::apply`], and: it holds what the replica has, or shows one message in two states,
    /// or in one that is older than what the replica holds.
    pub fn page(&mut self, entries: &[Value]) -> anyhow::Result<()> {
        one_state(entries)?;
        for entry in entries {
            let taken = self.take(entry, Reading::Later).with_context(|| format!("at {entry}"))?;
            ensure!(taken == Taken::New, "a page repeats {entry}");
        }
        Ok(())
    }

    /// Takes where one's own cursor stands: the data of `read` or `delivered`, or the answer to what
    /// moved it. It never goes back, so the higher of what it was told counts; and it may be ahead of
    /// the entries, which come by another way.
    ///
    /// # Errors
    /// It is somebody else's, or has read what was not received.
    pub fn cursor(&mut self, cursor: &Value) -> anyhow::Result<()> {
        ensure!(text(cursor, "/user_id")? == self.me, "not one's own: {cursor}");
        let own = &mut self.picture.cursor;
        let delivered = number(cursor, "/delivered_seq")?;
        if cursor.get("read_seq").is_some() {
            let read = number(cursor, "/read_seq")?;
            ensure!(read <= delivered, "read what was not received: {cursor}");
            own.read_seq = own.read_seq.max(read);
            let marked = cursor.get("marked_unread").and_then(Value::as_bool);
            own.marked_unread = marked.with_context(|| format!("is it unread? {cursor}"))?;
        }
        own.delivered_seq = own.delivered_seq.max(delivered);
        Ok(())
    }

    /// Compares with what the server shows.
    ///
    /// # Errors
    /// They differ; the message says in what.
    pub fn agrees_with(&self, snapshot: &Snapshot) -> anyhow::Result<()> {
        let (ours, theirs) = (self.picture.shown(&self.me), &snapshot.shown);
        let differences = difference::between(&ours, theirs);
        if differences.is_empty() {
            return Ok(());
        }
        bail!("the replica (left) and the server (right) differ:\n{}", differences.join("\n"))
    }

    fn take(&mut self, entry: &Value, reading: Reading) -> anyhow::Result<Taken> {
        ensure!(text(entry, "/conversation_id")? == self.conversation, "of another conversation");
        let pos = number(entry, "/pos")?;
        let shape = shape(entry);
        if pos <= self.picture.head {
            if let Some(before) = self.known.get(&pos) {
                ensure!(*before == shape, "a twin of {before}");
            }
            return Ok(Taken::Old);
        }
        ensure!(pos == self.picture.head + 1, "a hole after {}", self.picture.head);
        self.happen(entry, reading)?;
        self.picture.head = pos;
        self.known.insert(pos, shape);
        Ok(Taken::New)
    }

    fn happen(&mut self, entry: &Value, reading: Reading) -> anyhow::Result<()> {
        let (kind, by, at) = (text(entry, "/type")?, text(entry, "/by")?, text(entry, "/at")?);
        let about = entry.get("data").context("an entry has data")?;
        let picture = &mut self.picture;
        if kind != "group.created" {
            ensure!(picture.members.contains_key(by), "done by who is no member");
        }
        match kind {
            "message.posted" => picture.posted(entry, about, reading),
            "message.edited" => picture.edited(by, at, about, reading),
            "message.deleted" => picture.deleted(at, about),
            "reaction.added" => picture.reacted(by == self.me, about),
            "reaction.removed" => picture.took_back(by == self.me, about),
            "message.pinned" => picture.pinned(about, Pin { by: by.to_owned(), at: at.to_owned() }),
            "message.unpinned" => picture.unpinned(about),
            "group.created" => picture.created(by, at, about),
            "group.updated" => picture.updated(about),
            "member.joined" => picture.joined(&self.me, at, about),
            "member.left" => picture.left(by, about),
            "member.removed" => picture.removed(by, about),
            "member.role_changed" => picture.role_changed(about),
            _ => bail!("no document names this type"),
        }
    }
}

/// What an entry is known by: all of it but the present state of a message.
fn shape(entry: &Value) -> Value {
    let mut shape = entry.clone();
    if let Some(message) = shape.pointer_mut("/data/message").and_then(Value::as_object_mut) {
        message.retain(|name, _| {
            matches!(name.as_str(), "id" | "seq" | "pos" | "author_id" | "client_id" | "reply_to")
        });
    }
    shape
}
