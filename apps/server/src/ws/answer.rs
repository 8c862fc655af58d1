//! Answers to commands.

use kabar_realtime::Connection;
use kabar_wire::ws::{EventName, Outgoing};
use serde::Serialize;
use serde_json::value::RawValue;

use super::encode::outgoing;
use crate::http::problem::Problem;

/// Acknowledges a command.
pub(super) fn ack<T: Serialize>(connection: &Connection, id: Option<&RawValue>, data: T) {
    connection.push(outgoing(&Outgoing { event: EventName::Ack, id, data }));
}

/// Refuses a command, with the same problem as over HTTP.
pub(super) fn refuse(connection: &Connection, id: Option<&RawValue>, problem: &Problem) {
    connection.push(outgoing(&Outgoing { event: EventName::Error, id, data: problem.to_wire() }));
}
