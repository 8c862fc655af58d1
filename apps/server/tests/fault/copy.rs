//! A client's copy of a log, kept by the rule of `docs/WS.md`.

use kabar_testkit::client::Event;
use serde_json::Value;

/// What a client has of one conversation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copy {
    pub(crate) conversation: String,
    /// The last position it has.
    pub(crate) last: u64,
    /// The entries that came, in order; what lies in a gap is missing.
    pub(crate) entries: Vec<Value>,
}

impl Copy {
    /// An empty copy of a conversation, to be continued after a position.
    pub(crate) fn after(conversation: &str, last: u64) -> Self {
        Self { conversation: conversation.to_owned(), last, entries: Vec::new() }
    }

    /// Takes what came over a socket whose first command was `sync`, from its beginning: the next
    /// entry is kept, one it has must be the same as before, and there is none beyond the next.
    pub(crate) fn take(&mut self, events: &[Event]) {
        for event in events {
            if event.content["conversation_id"] != self.conversation.as_str() {
                continue;
            }
            match event.name.as_str() {
                "entry" => self.entry(&event.content),
                "gap" => {
                    assert_eq!(
                        event.content["from"], self.last,
                        "a gap begins where the copy ends"
                    );
                    self.last = event.content["to"].as_u64().unwrap();
                }
                _ => {}
            }
        }
    }

    fn entry(&mut self, entry: &Value) {
        let pos = entry["pos"].as_u64().unwrap();
        if pos == self.last + 1 {
            self.last = pos;
            self.entries.push(entry.clone());
            return;
        }
        assert!(pos <= self.last, "{pos} came after {} in {}", self.last, self.conversation);
        if let Some(before) = self.entries.iter().rev().find(|e| e["pos"] == pos) {
            assert_eq!(before, entry, "two entries at one position");
        }
    }
}
