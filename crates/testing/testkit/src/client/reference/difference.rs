//! Where two JSON values differ.

use std::collections::BTreeSet;

use serde_json::Value;

/// Most differences that are told; there may be as many as messages.
const TOLD: usize = 20;

/// A line for each place at which they differ.
pub(super) fn between(left: &Value, right: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", left, right, &mut found);
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found
}

fn compare(place: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    let (Value::Object(left_fields), Value::Object(right_fields)) = (left, right) else {
        if left != right {
            found.push(format!("{place}: {left} | {right}"));
        }
        return;
    };
    let names: BTreeSet<&String> = left_fields.keys().chain(right_fields.keys()).collect();
    for name in names {
        let place = format!("{place}/{name}");
        match (left_fields.get(name), right_fields.get(name)) {
            (Some(left), Some(right)) => compare(&place, left, right, found),
            (Some(left), None) => found.push(format!("{place}: {left} | nothing")),
            (None, Some(right)) => found.push(format!("{place}: nothing | {right}")),
            (None, None) => {}
        }
    }
}
