//! From the text of a frame to the command it names.

use std::time::Duration;

use garde::Validate;
use kabar_realtime::CloseCode;
use kabar_wire::ws::{Command, CommandName, Empty, EventName, Outgoing, Ping};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{
    answer, change, cursor, encode, forward, renew, send, socket::Socket, sync, typing, watch,
};
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
pub(super) fn read<T>(data: Option<&RawValue>) -> Result<T, Problem>
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
    let (id, data) = (command.id, command.data);
    let Some(name) = CommandName::parse(&command.event) else {
        return Err(Problem::new(ProblemCode::RequestUnknownCommand));
    };
    match name {
        CommandName::MessageSend => send::send(socket, id, read(data)?).await,
        CommandName::Read => cursor::read(socket, id, read(data)?).await,
        CommandName::Delivered => cursor::delivered(socket, id, read(data)?).await,
        CommandName::Typing => typing::typing(socket, id, read(data)?).await,
        CommandName::Sync => Box::pin(sync::sync(socket, id, read(data)?)).await,
        CommandName::Auth => renew::renew(socket, id, read(data)?).await,
        CommandName::Ping => {
            let _: Ping = read(data)?;
            let pong = Outgoing { event: EventName::Pong, id, data: Empty {} };
            socket.connection().push(encode::outgoing(&pong));
            Ok(())
        }
        // What is done seldom is kept on the heap, out of the way of what is done often.
        CommandName::MessageForward => Box::pin(forward::forward(socket, id, read(data)?)).await,
        CommandName::MessageEdit => Box::pin(change::edit(socket, id, read(data)?)).await,
        CommandName::MessageDelete => Box::pin(change::delete(socket, id, read(data)?)).await,
        CommandName::MessagePin => Box::pin(change::pin(socket, id, read(data)?)).await,
        CommandName::MessageUnpin => Box::pin(change::unpin(socket, id, read(data)?)).await,
        CommandName::ReactionAdd => Box::pin(change::react(socket, id, read(data)?)).await,
        CommandName::ReactionRemove => Box::pin(change::unreact(socket, id, read(data)?)).await,
        CommandName::Unread => cursor::unread(socket, id, read(data)?).await,
        CommandName::Presence => Box::pin(watch::watch(socket, id, read(data)?)).await,
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
