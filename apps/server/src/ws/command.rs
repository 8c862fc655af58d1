//! From the text of a frame to the command it names.

use std::time::Duration;

use garde::Validate;
use kabar_realtime::CloseCode;
use kabar_wire::ws::{Command, Empty, Outgoing, Ping};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{answer, encode, read, renew, send, socket::Socket, sync};
use crate::http::{
    extract::parse_json,
    problem::{Problem, ProblemCode},
};

/// Reads the frame of a command; `None` for anything that is none.
pub(super) fn parse(text: &str) -> Option<Command<'_>> {
    // A derived `Deserialize` would take an array for a struct, its fields in order.
    if !text.trim_ascii_start().starts_with('{') {
        return None;
    }
    let command: Command<'_> = serde_json::from_str(text).ok()?;
    command.id.is_none_or(is_command_id).then_some(command)
}

/// A string or a number, and short.
fn is_command_id(id: &RawValue) -> bool {
    let id = id.get();
    id.trim_matches('"').len() <= kabar_wire::ws::COMMAND_ID_MAX
        && id.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

/// Reads and checks a command's data as the bodies of HTTP requests are.
pub(super) fn data<T>(data: Option<&RawValue>) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate<Context = ()>,
{
    let data = data.map_or("{}", RawValue::get);
    // What is right is read in one go; what is not is read again to say what is wrong where.
    let value: T = match serde_json::from_str(data) {
        Ok(value) if data.starts_with('{') => value,
        _ => parse_json(data.as_bytes())?,
    };
    value.validate()?;
    Ok(value)
}

/// How long a command may take. It may be done all the same: a client asks again.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// Carries out a command and answers it; `Err` is the code to close the socket with.
pub(super) async fn answer(socket: &Socket, text: &str) -> Result<(), CloseCode> {
    let command = parse(text).ok_or(CloseCode::BadCommand)?;
    let carried_out = carry_out(socket, &command);
    // A replay goes as fast as its reader takes it; who takes nothing is found by the heartbeat.
    let done = if command.event == "sync" {
        carried_out.await
    } else {
        let in_time = tokio::time::timeout(COMMAND_TIMEOUT, carried_out).await;
        in_time.map_err(|_| CloseCode::Failure)?
    };
    if let Err(problem) = done {
        answer::refuse(socket.connection(), command.id, &problem);
    }
    Ok(())
}

async fn carry_out(socket: &Socket, command: &Command<'_>) -> Result<(), Problem> {
    let id = command.id;
    match &*command.event {
        "message.send" => send::send(socket, id, data(command.data)?).await,
        "read" => read::read(socket, id, data(command.data)?).await,
        "sync" => Box::pin(sync::sync(socket, id, data(command.data)?)).await,
        "auth" => renew::renew(socket, id, data(command.data)?).await,
        "ping" => {
            let _: Ping = data(command.data)?;
            let pong = Outgoing { event: "pong", id, data: Empty {} };
            socket.connection().push(encode::outgoing(&pong));
            Ok(())
        }
        _ => Err(Problem::new(ProblemCode::RequestUnknownCommand)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_is_a_command() {
        assert!(parse(r#"{"event":"ping"}"#).is_some());
        assert!(parse(r#"{"event":"ping","id":"x"}"#).is_some());
        assert!(parse(r#"{"event":"ping","id":-1.5}"#).is_some());
        for other in [
            "",
            "null",
            "[]",
            "1",
            "\"ping\"",
            r#"["ping"]"#,
            r#"["ping",null,{}]"#,
            "{}",
            r#"{"event":1}"#,
            r#"{"event":"ping","id":null,"x":1}"#,
            r#"{"event":"ping","id":{}}"#,
            r#"{"event":"ping","event":"ping"}"#,
            &format!(r#"{{"event":"ping","id":"{}"}}"#, "x".repeat(65)),
            &"[".repeat(100_000),
        ] {
            assert!(parse(other).is_none(), "{}", other.get(..50).unwrap_or(other));
        }
    }
}
