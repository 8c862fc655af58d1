//! What clients send and receive, against its descriptions: the schemas of the API document, and the
//! examples of `docs/WS.md`.

#![expect(clippy::indexing_slicing, reason = "a JSON member that is missing is null")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "failing is how a test speaks")]

mod commands;
mod document;
mod samples;
mod schemas;
