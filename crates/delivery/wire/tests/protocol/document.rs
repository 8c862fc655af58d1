//! `docs/WS.md` against the code.

use std::{collections::BTreeSet, fs};

use kabar_wire::{
    Event,
    ws::{Command, CommandName, EventName},
};
use serde_json::Value;
use utoipa::PartialSchema as _;

use crate::{commands, samples};

/// A JSON example of the document, each line of it a frame.
struct Example {
    /// Whether it stands where commands are described: then its first frame is the client's.
    is_command: bool,
    frames: Vec<Value>,
}

fn examples() -> Vec<Example> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/WS.md");
    let text = fs::read_to_string(path).unwrap();
    let mut examples = Vec::new();
    let mut is_command = false;
    let mut frames: Option<Vec<Value>> = None;
    for line in text.lines() {
        match (&mut frames, line) {
            (None, "```json") => frames = Some(Vec::new()),
            (Some(_), "```") => {
                let frames = frames.take().unwrap_or_default();
                examples.push(Example { is_command, frames });
            }
            (Some(frames), line) => {
                let frame = serde_json::from_str(line);
                frames.push(frame.unwrap_or_else(|error| panic!("{error} in {line}")));
            }
            (None, line) if line.starts_with("## ") => is_command = line == "## Commands",
            (None, _) => {}
        }
    }
    assert!(frames.is_none(), "an example does not end");
    examples
}

/// Whether two values have the same members of the same types, all the way down. What is null here
/// may be anything there, and a list without items any list.
fn same_shape(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Null, _) | (_, Value::Null) => true,
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => true,
        (Value::Array(one), Value::Array(other)) => {
            one.iter().all(|one| other.iter().all(|other| same_shape(one, other)))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| same_shape(one, other)))
        }
        _ => false,
    }
}

/// Whether an entry's type is the sample's too; true for what is no entry.
fn same_type(one: &Value, other: &Value) -> bool {
    one.get("pos").is_none() || one.get("type") == other.get("type")
}

fn is_shown(sample: &Value, example: &Value) -> bool {
    same_shape(sample, example) && same_type(sample, example)
}

#[test]
fn every_command_has_an_example_that_is_understood_and_its_answer() {
    let mut answered = BTreeSet::new();
    for Example { frames, .. } in examples().iter().filter(|example| example.is_command) {
        let [command, answer] = frames.as_slice() else { panic!("two frames: {frames:?}") };
        let text = command.to_string();
        let frame: Command<'_> = serde_json::from_str(&text).unwrap();
        let name = CommandName::parse(&frame.event).unwrap_or_else(|| panic!("{}", frame.event));
        let data = frame.data.map_or("{}", |data| data.get());
        commands::understood(name, data).unwrap_or_else(|flaw| panic!("{name}: {flaw}"));
        assert_eq!(command["id"], answer["id"], "{answer}");
        let (event, samples) = samples::answer(name);
        if answer["event"] == "error" {
            continue;
        }
        assert_eq!(answer["event"], event.as_str(), "{name}");
        let fits = samples.iter().any(|sample| same_shape(sample, &answer["data"]));
        assert!(fits, "{name} is not answered so: {answer}");
        answered.insert(name);
    }
    let missing: Vec<_> = CommandName::ALL.iter().filter(|name| !answered.contains(name)).collect();
    assert!(missing.is_empty(), "without an example: {missing:?}");
}

#[test]
fn every_event_has_an_example_of_each_of_its_shapes() {
    let mut shown: Vec<(EventName, Value)> = Vec::new();
    for example in examples() {
        for frame in example.frames.into_iter().skip(usize::from(example.is_command)) {
            let name = frame["event"].as_str().unwrap_or_default();
            let name = EventName::parse(name).unwrap_or_else(|| panic!("no event: {frame}"));
            let members = if frame.get("id").is_some() { 3 } else { 2 };
            assert_eq!(frame.as_object().map(serde_json::Map::len), Some(members), "{frame}");
            let samples = samples::of_event(name);
            let fits = samples.iter().any(|sample| is_shown(sample, &frame["data"]));
            assert!(fits, "the code writes no such frame: {frame}");
            shown.push((name, frame["data"].clone()));
        }
    }
    for name in EventName::ALL {
        for sample in samples::of_event(*name) {
            let has_example =
                |(of, data): &(EventName, Value)| of == name && is_shown(&sample, data);
            assert!(shown.iter().any(has_example), "no example of this {name}: {sample}");
        }
    }
}

#[test]
fn every_type_of_entry_has_a_sample() {
    let schema = samples::json(Event::schema());
    let known: BTreeSet<String> = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|variant| match &variant["properties"]["type"] {
            kind if kind["const"].is_string() => kind["const"].as_str(),
            kind => kind["enum"][0].as_str(),
        })
        .map(|name| name.unwrap_or_default().to_owned())
        .collect();
    assert!(known.len() >= 13 && !known.contains(""), "{schema}");
    let sampled: BTreeSet<String> = samples::events()
        .into_iter()
        .map(|event| samples::json(event)["type"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(sampled, known);
}

#[test]
fn shapes_are_told_apart() {
    let shape = |one: &str, other: &str| {
        same_shape(&serde_json::from_str(one).unwrap(), &serde_json::from_str(other).unwrap())
    };
    assert!(shape(r#"{"a":1,"b":[{"c":"x"}]}"#, r#"{"b":[],"a":2}"#));
    assert!(shape(r#"{"a":null}"#, r#"{"a":{"b":1}}"#));
    for (one, other) in [
        (r#"{"a":1}"#, r#"{"a":"1"}"#),
        (r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
        (r#"{"a":1}"#, r#"{"b":1}"#),
        (r#"[{"a":1}]"#, r#"[{"a":1},{"b":1}]"#),
    ] {
        assert!(!shape(one, other) && !shape(other, one), "{one} {other}");
    }
}
