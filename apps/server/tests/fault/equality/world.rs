//! What everybody knows of what was said.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::dice::Dice;

/// A message that was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) conversation: String,
    pub(super) id: String,
    pub(super) seq: u64,
    pub(super) author: String,
}

impl Known {
    pub(super) fn of(message: &Value) -> Self {
        let text = |name: &str| message[name].as_str().unwrap().to_owned();
        Self {
            conversation: text("conversation_id"),
            id: text("id"),
            seq: message["seq"].as_u64().unwrap(),
            author: text("author_id"),
        }
    }
}

/// What was said by anybody.
#[derive(Debug, Default)]
pub(super) struct World {
    said: Mutex<(Vec<Known>, Vec<String>)>,
}

impl World {
    /// A text that nobody wrote before, nor a part of it.
    pub(super) fn text(&self) -> String {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!("<{}>", said.1.len());
        said.1.push(text.clone());
        text
    }

    /// All texts that were ever written.
    pub(super) fn texts(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    pub(super) fn posted(&self, message: &Value) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).0.push(Known::of(message));
    }

    /// A message of one of these conversations: mostly one of the last.
    pub(super) fn any(&self, dice: &mut Dice, wanted: impl Fn(&Known) -> bool) -> Option<Known> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let last = if dice.between(0, 3) == 0 { usize::MAX } else { 6 };
        let of_them: Vec<&Known> =
            said.0.iter().rev().filter(|known| wanted(known)).take(last).collect();
        let at = dice.roll() % u64::try_from(of_them.len().max(1)).unwrap();
        of_them.get(usize::try_from(at).unwrap()).map(|known| (*known).clone())
    }
}
