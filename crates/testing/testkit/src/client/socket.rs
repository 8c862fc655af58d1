//! The WebSocket side.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Mutex, task::JoinHandle};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
        protocol::WebSocketConfig,
    },
};

use super::{
    inbox::{Closed, Event, Inbox},
    log::LogCheck,
};
use crate::PATIENCE;

/// How a socket says who it is.
#[derive(Debug, Clone, Copy)]
pub enum Auth<'a> {
    /// The access token in the header `Authorization` of the upgrade.
    Header(&'a str),
    /// The access token in the first frame.
    Frame(&'a str),
    /// Not at all.
    Nobody,
}

/// What came of an upgrade.
#[derive(Debug)]
pub enum Upgrade {
    /// The socket is open.
    Open(WsClient),
    /// The server answered something else than 101.
    Refused {
        /// The status code.
        status: u16,
        /// The problem in the body; null when there is none.
        problem: Value,
    },
}

/// What the server answered to a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// `ack`, or what stands for it (`synced`, `pong`), with what it says.
    Ack(Value),
    /// `error`, with the problem.
    Error(Value),
}

impl Reply {
    /// What the acknowledgement says.
    ///
    /// # Errors
    /// The command was refused.
    pub fn ack(self) -> anyhow::Result<Value> {
        match self {
            Self::Ack(content) => Ok(content),
            Self::Error(problem) => bail!("the command was refused: {problem}"),
        }
    }

    /// The `code` of the problem; empty when the command was acknowledged.
    pub fn code(&self) -> &str {
        match self {
            Self::Ack(_) => "",
            Self::Error(problem) => problem.get("code").and_then(Value::as_str).unwrap_or_default(),
        }
    }
}

type Stream = WebSocketStream<TcpStream>;

/// An open socket. A task reads whatever comes and answers pings, whether the test looks or not;
/// for a reader that does not read there is [`raw_socket`]. Dropping it breaks the connection off.
#[derive(Debug)]
pub struct WsClient {
    sink: Mutex<SplitSink<Stream, Message>>,
    inbox: Arc<Inbox>,
    reader: JoinHandle<()>,
    next_id: AtomicU64,
}

impl WsClient {
    /// Opens a socket at the server with this URL (`http://127.0.0.1:3000`). Does not wait for
    /// `ready`.
    ///
    /// # Errors
    /// The server cannot be reached or refuses the upgrade.
    pub async fn connect(base: &str, auth: Auth<'_>) -> anyhow::Result<Self> {
        match Self::upgrade(base, auth, &[]).await? {
            Upgrade::Open(socket) => Ok(socket),
            Upgrade::Refused { status, problem } => bail!("refused with {status}: {problem}"),
        }
    }

    /// Opens a socket and waits for `ready`.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn ready(base: &str, token: &str) -> anyhow::Result<Self> {
        let socket = Self::connect(base, Auth::Header(token)).await?;
        socket.wait_for("ready", |_| true).await?;
        Ok(socket)
    }

    /// Tries to open a socket, with more headers on the upgrade, such as `Origin`.
    ///
    /// # Errors
    /// The server cannot be reached or does not speak HTTP.
    pub async fn upgrade(
        base: &str,
        auth: Auth<'_>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Upgrade> {
        match handshake(base, auth, headers).await {
            Ok(stream) => {
                let socket = Self::over(stream);
                if let Auth::Frame(token) = auth {
                    socket.send("auth", json!({ "token": token })).await?;
                }
                Ok(Upgrade::Open(socket))
            }
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                let problem = serde_json::from_slice(body).unwrap_or(Value::Null);
                Ok(Upgrade::Refused { status: response.status().as_u16(), problem })
            }
            Err(error) => Err(error).context("failed to open a WebSocket"),
        }
    }

    fn over(stream: Stream) -> Self {
        let (sink, stream) = stream.split();
        let inbox = Arc::new(Inbox::default());
        let reader = tokio::spawn(read(stream, Arc::clone(&inbox)));
        Self { sink: Mutex::new(sink), inbox, reader, next_id: AtomicU64::new(1) }
    }

    /// Sends a command with a fresh id, and answers the id.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn send(&self, event: &str, content: Value) -> anyhow::Result<String> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed).to_string();
        let frame = json!({ "event": event, "id": id, "data": content });
        self.send_text(frame.to_string()).await?;
        Ok(id)
    }

    /// Sends a text frame of any content.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn send_text(&self, text: impl Into<String>) -> anyhow::Result<()> {
        self.send_message(Message::text(text.into())).await
    }

    /// Sends a frame of any kind.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn send_message(&self, message: Message) -> anyhow::Result<()> {
        self.sink.lock().await.send(message).await.context("failed to send a frame")
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// The socket closes first, or no answer comes within [`PATIENCE`].
    pub async fn request(&self, event: &str, content: Value) -> anyhow::Result<Reply> {
        let id = self.send(event, content).await?;
        self.reply(&id).await
    }

    /// Waits for the answer to a command that was sent.
    ///
    /// # Errors
    /// The socket closes first, or no answer comes within [`PATIENCE`].
    pub async fn reply(&self, id: &str) -> anyhow::Result<Reply> {
        let Some(answer) = self.inbox.wait(PATIENCE, |inbox| inbox.answer(id)).await else {
            bail!("no answer to {id}; {}", self.told());
        };
        Ok(match answer.name.as_str() {
            "error" => Reply::Error(answer.content),
            _ => Reply::Ack(answer.content),
        })
    }

    /// Sends a message and waits until it is acknowledged; answers the message.
    ///
    /// # Errors
    /// It is refused, or no answer comes within [`PATIENCE`].
    pub async fn send_message_to(
        &self,
        conversation: &str,
        client_id: &str,
        body: &str,
    ) -> anyhow::Result<Value> {
        let message =
            json!({ "conversation_id": conversation, "client_id": client_id, "body": body });
        let ack = self.request("message.send", message).await?.ack()?;
        ack.get("message").cloned().with_context(|| format!("an ack without a message: {ack}"))
    }

    /// The next event that answers no command, in the order they came.
    ///
    /// # Errors
    /// None comes within that time, or the socket closes first.
    pub async fn next_event(&self, within: Duration) -> anyhow::Result<Event> {
        let event = self.inbox.wait(within, Inbox::take).await;
        event.with_context(|| format!("no further event; {}", self.told()))
    }

    /// Waits for an event of this name whose content satisfies the predicate, also among those that
    /// came already; answers its content.
    ///
    /// # Errors
    /// None comes within [`PATIENCE`], or the socket closes first.
    pub async fn wait_for(
        &self,
        name: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let wanted = |event: &Event| event.name == name && wanted(&event.content);
        let event = self.inbox.wait(PATIENCE, |inbox| inbox.find(wanted)).await;
        let event = event.with_context(|| format!("no such {name}; {}", self.told()))?;
        Ok(event.content)
    }

    /// Waits until the entry at a position of a conversation has come; answers it.
    ///
    /// # Errors
    /// It does not come within [`PATIENCE`], or the socket closes first.
    pub async fn wait_for_entry(&self, conversation: &str, pos: u64) -> anyhow::Result<Value> {
        self.wait_for("entry", |entry| {
            entry.get("conversation_id").and_then(Value::as_str) == Some(conversation)
                && entry.get("pos").and_then(Value::as_u64) == Some(pos)
        })
        .await
    }

    /// Everything that came so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.inbox.events()
    }

    /// Checks that the entries that came so far, live and replayed, leave no hole but the announced
    /// ones, come in order and do not contradict each other; answers them.
    ///
    /// # Errors
    /// They do; the message says where.
    pub fn verify_gapless(&self) -> anyhow::Result<LogCheck> {
        let mut check = LogCheck::default();
        for event in self.inbox.events() {
            match event.name.as_str() {
                "entry" => check.entry(&event.content)?,
                "gap" => check.gap(&event.content)?,
                _ => {}
            }
        }
        Ok(check)
    }

    /// Waits until the socket is closed by the server or broken off.
    ///
    /// # Errors
    /// It is still open after that time.
    pub async fn closed(&self, within: Duration) -> anyhow::Result<Closed> {
        let closed = self.inbox.wait(within, Inbox::closed).await;
        closed.with_context(|| format!("the socket is still open; {}", self.told()))
    }

    /// Whether the socket is closed, and how.
    pub fn is_closed(&self) -> Option<Closed> {
        self.inbox.closed()
    }

    /// Says goodbye and waits for the server's.
    ///
    /// # Errors
    /// It does not answer within [`PATIENCE`].
    pub async fn close(self) -> anyhow::Result<Closed> {
        // It may be closed already, which is what is wanted.
        let _already = self.send_message(Message::Close(None)).await;
        self.closed(PATIENCE).await
    }

    /// What came, in short, for the message of a failure.
    fn told(&self) -> String {
        let events = self.inbox.events();
        let names: Vec<_> = events.iter().rev().take(10).map(|e| e.name.as_str()).collect();
        let closed = self.inbox.closed();
        format!("{} events, the last ones (newest first) {names:?}, {closed:?}", events.len())
    }
}

impl Drop for WsClient {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Opens a socket and answers the TCP connection below it, for a test that writes bytes no client
/// would write, or reads nothing. What the server sent along with the upgrade may be lost.
///
/// # Errors
/// The server cannot be reached or refuses the upgrade.
pub async fn raw_socket(base: &str, auth: Auth<'_>) -> anyhow::Result<TcpStream> {
    let mut stream = handshake(base, auth, &[]).await.context("failed to open a WebSocket")?;
    if let Auth::Frame(token) = auth {
        let frame = json!({ "event": "auth", "id": "0", "data": { "token": token } });
        stream.send(Message::text(frame.to_string())).await?;
    }
    Ok(stream.into_inner())
}

async fn handshake(
    base: &str,
    auth: Auth<'_>,
    headers: &[(&str, &str)],
) -> Result<Stream, tungstenite::Error> {
    let authority = base.strip_prefix("http://").unwrap_or(base);
    let mut request = format!("ws://{authority}/v1/ws").into_client_request()?;
    if let Auth::Header(token) = auth {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|error| tungstenite::Error::HttpFormat(error.into()))?;
        request.headers_mut().insert("authorization", bearer);
    }
    for (name, value) in headers {
        let invalid = |error: tungstenite::http::Error| tungstenite::Error::HttpFormat(error);
        let name = HeaderName::try_from(*name).map_err(|error| invalid(error.into()))?;
        let value = HeaderValue::try_from(*value).map_err(|error| invalid(error.into()))?;
        request.headers_mut().insert(name, value);
    }
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default();
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

/// Reads until the socket ends.
async fn read(mut stream: SplitStream<Stream>, inbox: Arc<Inbox>) {
    let mut broken = Closed { code: None, reason: "the connection ended".to_owned() };
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) => inbox.push(parse(text.as_str())),
            Ok(Message::Close(frame)) => {
                let (code, reason) = frame
                    .map(|frame| (Some(u16::from(frame.code)), frame.reason.to_string()))
                    .unwrap_or_default();
                inbox.close(Closed { code, reason });
            }
            Ok(_) => {}
            Err(error) => {
                broken.reason = error.to_string();
                break;
            }
        }
    }
    inbox.close(broken);
}

/// A frame as an event; one that is not of the protocol's shape has an empty name.
fn parse(text: &str) -> Event {
    let frame: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let id = match frame.get("id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    match frame.get("event").and_then(Value::as_str) {
        Some(name) => {
            let content = frame.get("data").cloned().unwrap_or_default();
            Event { name: name.to_owned(), id, content }
        }
        None => Event { name: String::new(), id: None, content: frame },
    }
}
