//! A server in memory that speaks as much of the protocol as the generator uses, and breaks one
//! promise when it is asked to.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// The message of each conversation, counted from 0, that the fault happens to.
const VICTIM: usize = 5;

/// More missed entries than this are a gap.
const REPLAYED: usize = 3;

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// One entry reaches everybody but the last member.
    LoseOneDelivery,
    /// One entry comes after its successor.
    SwapTwoDeliveries,
    /// One entry reaches everybody twice, which is allowed.
    RepeatOneDelivery,
    /// One message is acknowledged, and that is all.
    AckAndForget,
    /// One message gets two positions.
    StoreTwice,
    /// One message is stored and delivered, and never answered; one read marker is not either.
    NeverAnswer,
    /// One message is missing in the history.
    ForgetInHistory,
    /// One message is refused, and stored all the same.
    RefuseAndStore,
    /// Two members get different messages at one position.
    TellTwoStories,
    /// One connection is closed, as too slow.
    CloseOne,
    /// Registration is limited.
    LimitRate,
    /// Nobody may call everybody, which is no promise.
    RefuseCalls,
    /// One read cursor goes back.
    ForgetReading,
    /// One member is missing from the list.
    ForgetOneMember,
}

#[derive(Clone)]
struct Outlet {
    user: String,
    frames: UnboundedSender<Message>,
}

#[derive(Default)]
struct Conversation {
    members: Vec<String>,
    /// `data` of each entry.
    log: Vec<Value>,
    messages: Vec<Value>,
    held: Option<Value>,
    /// Read markers that were set.
    read: usize,
}

#[derive(Default)]
struct State {
    users: usize,
    conversations: HashMap<String, Conversation>,
    outlets: Vec<Outlet>,
}

#[derive(Clone)]
struct Server {
    fault: Fault,
    state: Arc<Mutex<State>>,
}

/// Starts the server; returns its address.
pub(crate) async fn start(fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server { fault, state: Arc::default() };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(server.clone().serve(stream));
        }
    });
    url
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut start = [0; 10];
        while stream.peek(&mut start).await.unwrap_or(0) < start.len() {
            tokio::task::yield_now().await;
        }
        if &start == b"GET /v1/ws" {
            return self.socket(stream).await;
        }
        let mut buffer = Vec::new();
        loop {
            if let Some((head, body, length)) = request(&buffer) {
                let (status, answer) = self.answer(&head, &body);
                buffer.drain(..length);
                let answer = answer.to_string();
                let mut text = format!("HTTP/1.1 {status} X\r\n");
                write!(text, "content-length: {}\r\n\r\n{answer}", answer.len()).unwrap();
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            } else if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
    }

    fn answer(&self, head: &str, body: &Value) -> (u16, Value) {
        let token = bearer(head);
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let after = query.split('&').find_map(|part| part.strip_prefix("after="));
        let after = after.map_or(0, |text| text.parse::<u64>().unwrap());
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let mut state = self.state();
        match (method, parts.as_slice()) {
            ("POST", ["auth", "register"]) if self.fault == Fault::LimitRate => {
                (429, json!({"code": "rate_limited"}))
            }
            ("POST", ["auth", "register"]) => {
                assert!(body["password"].as_str().unwrap().len() >= 12);
                state.users += 1;
                let id = format!("u{}", state.users);
                (201, json!({"user": {"id": id}, "access_token": id, "refresh_token": id}))
            }
            ("POST", ["conversations", "direct"]) => {
                let members = vec![token, body["user_id"].as_str().unwrap().to_owned()];
                (201, state.open(members))
            }
            ("POST", ["groups"]) => {
                let opened = state.open(vec![token]);
                let id = opened["id"].as_str().unwrap();
                let change = json!({"type": "group.created", "data": {"name": "x"}});
                state.conversations.get_mut(id).unwrap().append(id, change);
                (201, json!({"id": id}))
            }
            ("POST", ["groups", id, "members"]) => {
                let conversation = state.conversations.get_mut(*id).unwrap();
                for user in body["user_ids"].as_array().unwrap() {
                    conversation.members.push(user.as_str().unwrap().to_owned());
                    let change = json!({"type": "member.joined", "data": {"user_id": user}});
                    conversation.append(id, change);
                }
                (200, json!({"items": []}))
            }
            ("GET", ["groups", id, "members"]) => {
                let mut members = state.conversations[*id].members.clone();
                if self.fault == Fault::ForgetOneMember {
                    members.pop();
                }
                (200, member_page(&members, after))
            }
            ("GET", ["conversations", id]) => (200, state.conversations[*id].summary(id)),
            ("GET", ["conversations", id, "messages"]) => {
                let mut page = page(&state.conversations[*id].messages, after);
                if self.fault == Fault::ForgetInHistory {
                    page["items"].as_array_mut().unwrap().remove(VICTIM);
                }
                (200, page)
            }
            ("GET", ["conversations", id, "entries"]) => {
                (200, page(&state.conversations[*id].log, after))
            }
            _ => (404, json!({"code": "route.unknown"})),
        }
    }

    async fn socket(self, stream: TcpStream) {
        let mut user = String::new();
        let check = |request: &Request, response: Response| {
            let value = request.headers()["authorization"].to_str().unwrap();
            user = value.trim_start_matches("Bearer ").to_owned();
            Ok(response)
        };
        let (mut sink, mut frames) = accept_hdr_async(stream, check).await.unwrap().split();
        let (outlet, mut waiting) = unbounded_channel();
        let outlet = Outlet { user, frames: outlet };
        outlet.say(&json!({"event": "ready", "data": {"epoch": "e1"}}));
        self.state().outlets.push(outlet.clone());
        tokio::spawn(async move {
            while let Some(frame) = waiting.recv().await {
                if sink.send(frame).await.is_err() {
                    return;
                }
            }
        });
        while let Some(Ok(Message::Text(frame))) = frames.next().await {
            let command: Value = serde_json::from_str(&frame).unwrap();
            match command["event"].as_str().unwrap() {
                "message.send" => self.post(&outlet, &command),
                "read" => self.read(&outlet, &command),
                "sync" => self.sync(&outlet, &command),
                other => panic!("{other} is not a command that the generator sends"),
            }
        }
        self.state().outlets.retain(|other| !other.frames.same_channel(&outlet.frames));
    }

    fn post(&self, from: &Outlet, command: &Value) {
        let mut state = self.state();
        let id = command["data"]["conversation_id"].as_str().unwrap();
        let State { conversations, outlets, .. } = &mut *state;
        let conversation = conversations.get_mut(id).unwrap();
        let body = command["data"]["body"].as_str().unwrap();
        if self.fault == Fault::RefuseCalls && body.starts_with("@all ") {
            let problem = json!({"code": "chat.forbidden", "detail": "you call everybody"});
            return from.say(&json!({"event": "error", "id": command["id"], "data": problem}));
        }
        let seq = conversation.messages.len() + 1;
        let fault = if seq == VICTIM + 1 { self.fault } else { Fault::None };
        let message = json!({
            "seq": seq, "pos": conversation.log.len() + 1,
            "client_id": command["data"]["client_id"], "body": command["data"]["body"],
        });
        let ack = json!({"event": "ack", "id": command["id"], "data": {"message": message}});
        match fault {
            Fault::AckAndForget => return from.say(&ack),
            Fault::NeverAnswer => {}
            Fault::RefuseAndStore => from.say(&json!({
                "event": "error", "id": command["id"], "data": {"code": "server.overloaded"},
            })),
            _ => from.say(&ack),
        }
        let readers: Vec<&Outlet> =
            outlets.iter().filter(|outlet| conversation.members.contains(&outlet.user)).collect();
        let entry = conversation.post(id, &message);
        let late = conversation.held.take();
        for reader in &readers {
            let is_last = Some(&reader.user) == conversation.members.last();
            match fault {
                Fault::LoseOneDelivery if is_last => {}
                Fault::SwapTwoDeliveries => conversation.held = Some(entry.clone()),
                Fault::CloseOne if is_last => reader.close(4008),
                Fault::TellTwoStories if is_last => {
                    let mut other = entry.clone();
                    other["data"]["message"]["client_id"] = json!("another story");
                    reader.tell(&other);
                }
                Fault::RepeatOneDelivery => {
                    reader.tell(&entry);
                    reader.tell(&entry);
                }
                _ => reader.tell(&entry),
            }
            if let Some(late) = &late {
                reader.tell(late);
            }
            reader.say_aside(id, &message);
        }
        if fault == Fault::StoreTwice {
            let mut twin = conversation.messages[VICTIM].clone();
            twin["seq"] = json!(seq + 1);
            twin["pos"] = json!(conversation.log.len() + 1);
            let twin = conversation.post(id, &twin);
            readers.iter().for_each(|reader| reader.tell(&twin));
        }
    }

    fn read(&self, by: &Outlet, command: &Value) {
        let mut state = self.state();
        let id = command["data"]["conversation_id"].as_str().unwrap();
        let conversation = state.conversations.get_mut(id).unwrap();
        conversation.read += 1;
        let seq = command["data"]["seq"].as_u64().unwrap();
        assert!((1..=conversation.messages.len()).contains(&usize::try_from(seq).unwrap()));
        let fault = if conversation.read == VICTIM { self.fault } else { Fault::None };
        if fault == Fault::NeverAnswer {
            return;
        }
        let goes_back = fault == Fault::ForgetReading;
        let read_seq = if goes_back { seq - 1 } else { seq };
        by.say(&json!({
            "event": "ack", "id": command["id"],
            "data": {"conversation_id": id, "user_id": by.user, "read_seq": read_seq},
        }));
    }

    fn sync(&self, to: &Outlet, command: &Value) {
        let state = self.state();
        assert_eq!(command["data"]["epoch"], "e1");
        for (id, pos) in command["data"]["positions"].as_object().unwrap() {
            let log = &state.conversations[id].log;
            let missed = &log[usize::try_from(pos.as_u64().unwrap()).unwrap()..];
            if missed.len() > REPLAYED {
                let gap = json!({"conversation_id": id, "from": pos, "to": log.len()});
                to.say(&json!({"event": "gap", "data": gap}));
            } else {
                missed.iter().for_each(|entry| to.tell(entry));
            }
        }
        to.say(&json!({"event": "synced", "data": {"epoch": "e1", "conversations": []}}));
    }
}

impl State {
    fn open(&mut self, members: Vec<String>) -> Value {
        let id = format!("c{}", self.conversations.len());
        let conversation = Conversation { members, ..Conversation::default() };
        let summary = conversation.summary(&id);
        self.conversations.insert(id, conversation);
        summary
    }
}

impl Conversation {
    fn summary(&self, id: &str) -> Value {
        json!({"id": id, "head": self.log.len(), "last_seq": self.messages.len()})
    }

    fn post(&mut self, id: &str, message: &Value) -> Value {
        self.messages.push(message.clone());
        self.append(id, json!({"type": "message.posted", "data": {"message": message}}))
    }

    fn append(&mut self, id: &str, mut entry: Value) -> Value {
        entry["conversation_id"] = json!(id);
        entry["pos"] = json!(self.log.len() + 1);
        self.log.push(entry.clone());
        entry
    }
}

impl Outlet {
    fn say(&self, frame: &Value) {
        let _closed = self.frames.send(Message::text(frame.to_string()));
    }

    fn tell(&self, entry: &Value) {
        self.say(&json!({"event": "entry", "data": entry}));
    }

    /// All that comes beside an entry and is not of the log.
    fn say_aside(&self, conversation: &str, message: &Value) {
        let (seq, pos) = (&message["seq"], &message["pos"]);
        for (event, data) in [
            (
                "notification",
                json!({
                    "id": format!("{conversation}:{pos}"), "kind": "message", "by": "u1", "at": "",
                    "conversation_id": conversation, "pos": pos, "message": {"id": "m", "seq": seq},
                }),
            ),
            ("read", json!({"conversation_id": conversation, "user_id": "u1", "read_seq": seq})),
            (
                "delivered",
                json!({"conversation_id": conversation, "user_id": "u1", "delivered_seq": seq}),
            ),
            ("typing", json!({"conversation_id": conversation, "user_id": "u1", "expires_in": 6})),
            ("presence", json!({"user_id": "u1", "online": true, "last_seen_at": null})),
        ] {
            self.say(&json!({"event": event, "data": data}));
        }
    }

    fn close(&self, code: u16) {
        let close = CloseFrame { code: CloseCode::from(code), reason: "too slow".into() };
        let _closed = self.frames.send(Message::Close(Some(close)));
    }
}

/// Up to 100 of these, which are numbered from 1, after a number.
fn page(items: &[Value], after: u64) -> Value {
    let rest = &items[usize::try_from(after).unwrap()..];
    json!({"items": &rest[..rest.len().min(100)], "has_more": rest.len() > 100})
}

/// Up to three members after so many, however many were asked for; the cursor is their number.
fn member_page(members: &[String], after: u64) -> Value {
    let after = usize::try_from(after).unwrap();
    let rest = &members[after..];
    let items: Vec<Value> = rest.iter().take(3).map(|user| json!({"user_id": user})).collect();
    let mut page = json!({"items": items, "has_more": rest.len() > 3});
    if rest.len() > 3 {
        page["next"] = json!((after + 3).to_string());
    }
    page
}

/// One whole request at the start of a buffer: head, body and length.
fn request(buffer: &[u8]) -> Option<(String, Value, usize)> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(buffer[..end].to_vec()).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |text| text.parse::<usize>().unwrap());
    let body = buffer.get(end..end + length)?;
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    // The method is compared in upper case.
    let (method, rest) = head.split_once(' ').unwrap();
    Some((format!("{} {rest}", method.to_uppercase()), body, end + length))
}

fn bearer(head: &str) -> String {
    let token = head.lines().find_map(|line| line.strip_prefix("authorization: bearer "));
    token.unwrap_or_default().to_owned()
}
