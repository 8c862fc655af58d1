//! Checking that a conversation came whole and in order.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Follows the entries of any number of conversations as a client has to: drops a position it has,
/// and takes any other only if it is the next one.
#[derive(Debug, Default)]
pub struct LogCheck {
    conversations: BTreeMap<String, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// By position. The first one may be any: a client starts where its cursor is.
    entries: BTreeMap<u64, Value>,
    last_pos: Option<u64>,
    last_seq: Option<u64>,
}

impl LogCheck {
    /// Takes the next entry that came.
    ///
    /// # Errors
    /// It leaves a hole, comes out of order, or differs from the one that came before at the same
    /// position.
    pub fn entry(&mut self, entry: &Value) -> anyhow::Result<()> {
        let conversation = entry.get("conversation_id").and_then(Value::as_str);
        let conversation = conversation.with_context(|| format!("an entry of nothing: {entry}"))?;
        let pos = number(entry, "/pos")?;
        let seen = self.conversations.entry(conversation.to_owned()).or_default();
        if let Some(before) = seen.entries.get(&pos) {
            ensure!(before == entry, "two entries at {pos} of {conversation}: {before}, {entry}");
            return Ok(());
        }
        if let Some(last) = seen.last_pos {
            ensure!(pos == last + 1, "{pos} came after {last} in {conversation}");
        }
        seen.last_pos = Some(pos);
        if entry.get("type").and_then(Value::as_str) == Some("message.posted") {
            let message = entry.pointer("/data/message").or_else(|| entry.pointer("/data"));
            let seq = number(message.context("a posted message is shown")?, "/seq")?;
            if let Some(last) = seen.last_seq {
                ensure!(seq == last + 1, "message {seq} came after {last} in {conversation}");
            }
            seen.last_seq = Some(seq);
        }
        seen.entries.insert(pos, entry.clone());
        Ok(())
    }

    /// Takes a `gap`: the entries after `from` up to and with `to` are left to be fetched by HTTP.
    ///
    /// # Errors
    /// It does not begin where the entries ended.
    pub fn gap(&mut self, gap: &Value) -> anyhow::Result<()> {
        let conversation = gap.get("conversation_id").and_then(Value::as_str);
        let conversation = conversation.with_context(|| format!("a gap of nothing: {gap}"))?;
        let (from, to) = (number(gap, "/from")?, number(gap, "/to")?);
        ensure!(from <= to, "a gap that ends before it begins: {gap}");
        let seen = self.conversations.entry(conversation.to_owned()).or_default();
        if let Some(last) = seen.last_pos {
            ensure!(from == last, "a gap from {from} after {last}: {gap}");
        }
        seen.last_pos = Some(to);
        // How many messages lie in the gap is not known.
        seen.last_seq = None;
        Ok(())
    }

    /// The entries of a conversation that came, in order.
    pub fn entries(&self, conversation: &str) -> Vec<Value> {
        let seen = self.conversations.get(conversation);
        seen.map(|seen| seen.entries.values().cloned().collect()).unwrap_or_default()
    }

    /// The position up to which a conversation is known; 0 when nothing of it came.
    pub fn head(&self, conversation: &str) -> u64 {
        self.conversations.get(conversation).and_then(|seen| seen.last_pos).unwrap_or(0)
    }
}

fn number(value: &Value, pointer: &str) -> anyhow::Result<u64> {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.with_context(|| format!("there is no number at {pointer} in {value}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn posted(pos: u64, seq: u64) -> Value {
        json!({
            "conversation_id": "c", "pos": pos, "type": "message.posted",
            "data": {"message": {"seq": seq}},
        })
    }

    #[test]
    fn holes_twins_and_disorder_are_noticed_and_repetitions_are_not() {
        let follow = |entries: &[Value]| {
            let mut check = LogCheck::default();
            entries.iter().try_for_each(|entry| check.entry(entry)).is_ok()
        };
        assert!(follow(&[posted(7, 3), posted(8, 4), posted(7, 3), posted(9, 5)]));
        assert!(!follow(&[posted(7, 3), posted(9, 4)]));
        assert!(!follow(&[posted(7, 3), posted(8, 5)]));
        assert!(!follow(&[posted(7, 3), posted(6, 2)]));
        assert!(!follow(&[posted(7, 3), posted(7, 4)]));
    }

    #[test]
    fn a_gap_is_bridged_where_it_is_announced_only() {
        let gap = |from, to| json!({"conversation_id": "c", "from": from, "to": to});
        let mut check = LogCheck::default();
        check.entry(&posted(7, 3)).unwrap();
        check.gap(&gap(7, 900)).unwrap();
        assert!(check.gap(&gap(950, 960)).is_err());
        check.entry(&posted(901, 700)).unwrap();
        assert_eq!((check.head("c"), check.entries("c").len()), (901, 2));
    }
}
