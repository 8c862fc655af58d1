//! Somebody who does whatever comes to mind.

use kabar_testkit::client::{Account, Reply, WsClient};
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Known, World};
use crate::dice::Dice;

/// How often a step is tried that the server has no time for.
const ATTEMPTS: usize = 5;

/// Where somebody acts, and with whom.
pub(super) struct Place {
    pub(super) group: String,
    /// Of two of them only.
    pub(super) direct: Option<String>,
    /// The ids of those who come and go.
    pub(super) people: Vec<String>,
    /// What everybody is called.
    pub(super) names: Vec<String>,
    /// Whether this one never leaves.
    pub(super) stays: bool,
}

/// A member, sometimes a former one.
pub(super) struct Actor {
    pub(super) account: Account,
    pub(super) socket: WsClient,
    place: Place,
    dice: Dice,
    number: u64,
    reacted: Vec<(Known, &'static str)>,
    /// What was answered to what moved the own cursor.
    pub(super) cursors: Vec<Value>,
}

/// One thing to do, in both languages.
struct Step {
    event: &'static str,
    method: Method,
    path: String,
    /// The body of the request; null for none. The command says the same, and where.
    body: Value,
    on: Value,
}

impl Actor {
    pub(super) fn new(account: Account, socket: WsClient, place: Place, dice: Dice) -> Self {
        Self { account, socket, place, dice, number: 0, reacted: Vec::new(), cursors: Vec::new() }
    }

    /// One step.
    pub(super) async fn act(&mut self, world: &World) {
        match self.dice.between(1, 100) {
            1..=28 => self.send(world).await,
            29..=40 => self.edit(world).await,
            41..=46 => self.delete(world).await,
            47..=60 => self.react(world).await,
            61..=66 => self.take_back().await,
            67..=71 => self.pin(world).await,
            72..=74 => self.unpin().await,
            75..=78 => self.forward(world).await,
            79..=86 => self.move_cursor(world).await,
            _ => self.govern().await,
        }
    }

    async fn send(&mut self, world: &World) {
        let conversation = self.somewhere();
        self.number += 1;
        let client_id = format!("k{}", self.number);
        let mut body = json!({ "client_id": client_id, "body": self.words(world) });
        if self.dice.between(0, 2) == 0 {
            let answered = world.any(&mut self.dice, |known| known.conversation == conversation);
            body["reply_to"] = json!(answered.map(|known| known.id));
        }
        let step = || Step {
            event: "message.send",
            method: Method::POST,
            path: format!("/v1/conversations/{conversation}/messages"),
            body: body.clone(),
            on: json!({ "conversation_id": conversation }),
        };
        let Some(sent) = self.take(step()).await else { return };
        world.posted(&sent);
        if self.dice.between(0, 9) == 0
            && let Some(again) = self.take(step()).await
        {
            assert_eq!(again["id"], sent["id"], "one client id made two messages");
        }
    }

    async fn edit(&mut self, world: &World) {
        let me = self.account.id.clone();
        let Some(known) = self.one_of(world, |known| known.author == me) else { return };
        let body = json!({ "body": self.words(world) });
        self.take(Step { body, ..on(&known, "message.edit", Method::PATCH, "messages", "") }).await;
    }

    async fn delete(&mut self, world: &World) {
        let pinned = if self.dice.between(0, 2) == 0 { self.last_pinned().await } else { None };
        let Some(known) = pinned.or_else(|| self.one_of(world, |_| true)) else { return };
        self.take(on(&known, "message.delete", Method::DELETE, "messages", "")).await;
    }

    async fn pin(&mut self, world: &World) {
        let Some(known) = self.one_of(world, |_| true) else { return };
        self.take(on(&known, "message.pin", Method::PUT, "pins", "")).await;
    }

    async fn unpin(&mut self) {
        let Some(known) = self.last_pinned().await else { return };
        self.take(on(&known, "message.unpin", Method::DELETE, "pins", "")).await;
    }

    async fn last_pinned(&mut self) -> Option<Known> {
        let path = format!("/v1/conversations/{}/pins", self.somewhere());
        let pins = self.over_http(Method::GET, &path, &Value::Null).await?;
        pins.pointer("/items/0/message").map(Known::of)
    }

    async fn react(&mut self, world: &World) {
        let Some(known) = self.one_of(world, |_| true) else { return };
        let emoji = ["👍", "❤️", "🎉"][usize::try_from(self.dice.between(0, 2)).unwrap()];
        self.take(with_emoji(&known, "reaction.add", Method::PUT, emoji)).await;
        self.reacted.push((known, emoji));
    }

    async fn take_back(&mut self) {
        let Some((known, emoji)) = self.reacted.pop() else { return };
        self.take(with_emoji(&known, "reaction.remove", Method::DELETE, emoji)).await;
    }

    async fn forward(&mut self, world: &World) {
        let Some(known) = self.one_of(world, |_| true) else { return };
        let to = self.somewhere();
        self.number += 1;
        let body = json!({
            "client_id": format!("k{}", self.number),
            "from_conversation_id": known.conversation,
            "message_id": known.id,
        });
        let forwarded = self.take(Step {
            event: "message.forward",
            method: Method::POST,
            path: format!("/v1/conversations/{to}/forwards"),
            body,
            on: json!({ "conversation_id": to }),
        });
        if let Some(forwarded) = forwarded.await {
            world.posted(&forwarded);
        }
    }

    async fn move_cursor(&mut self, world: &World) {
        let Some(known) = self.one_of(world, |_| true) else { return };
        let (event, body) = match self.dice.between(0, 4) {
            0 => ("unread", Value::Null),
            1 => ("delivered", json!({ "seq": known.seq })),
            _ => ("read", json!({ "seq": known.seq })),
        };
        let cursor = self.take(Step {
            event,
            method: Method::PUT,
            path: format!("/v1/conversations/{}/{event}", known.conversation),
            body,
            on: json!({ "conversation_id": known.conversation }),
        });
        let cursor = cursor.await;
        self.cursors.extend(cursor);
    }

    /// Changes the group, which is done over HTTP only.
    async fn govern(&mut self) {
        let group = format!("/v1/groups/{}", self.place.group);
        let people = &self.place.people;
        let one = usize::try_from(self.dice.roll() % people.len() as u64).unwrap();
        let user = people[one].clone();
        let (method, path, body) = match self.dice.between(0, 9) {
            0..=3 => (Method::POST, format!("{group}/members"), json!({ "user_ids": [user] })),
            4 | 5 => (Method::DELETE, format!("{group}/members/{user}"), Value::Null),
            6 | 7 => {
                let roles = ["member", "moderator", "admin", "owner"];
                let role = roles[usize::try_from(self.dice.between(0, 3)).unwrap()];
                (Method::PATCH, format!("{group}/members/{user}"), json!({ "role": role }))
            }
            8 if !self.place.stays => (Method::POST, format!("{group}/leave"), Value::Null),
            _ => {
                let name =
                    ["name", "description"][usize::try_from(self.dice.between(0, 1)).unwrap()];
                self.number += 1;
                (Method::PATCH, group, json!({ name: format!("Climbing {}", self.number) }))
            }
        };
        self.over_http(method, &path, &body).await;
    }

    /// A text of its own, which may call somebody.
    fn words(&mut self, world: &World) -> String {
        let text = world.text();
        match self.dice.between(0, 9) {
            0 | 1 => {
                let names = &self.place.names;
                let at = usize::try_from(self.dice.roll() % names.len() as u64).unwrap();
                format!("{text} @{}", names[at])
            }
            2 => format!("{text} @all"),
            _ => text,
        }
    }

    fn somewhere(&mut self) -> String {
        match &self.place.direct {
            Some(direct) if self.dice.between(0, 3) == 0 => direct.clone(),
            _ => self.place.group.clone(),
        }
    }

    fn one_of(&mut self, world: &World, wanted: impl Fn(&Known) -> bool) -> Option<Known> {
        let here = self.somewhere();
        world.any(&mut self.dice, |known| known.conversation == here && wanted(known))
    }

    /// Takes a step by one of both ways; answers what it came to, unless it was refused. A server that
    /// has no time for it is asked again, as any client does: every step may be taken twice.
    async fn take(&mut self, step: Step) -> Option<Value> {
        let Step { event, method, path, body, on } = step;
        for _ in 0..ATTEMPTS {
            let done = if self.dice.between(0, 1) == 0 {
                self.ask_over_http(method.clone(), &path, &body).await
            } else {
                self.ask_over_socket(event, on.clone(), &body).await
            };
            match done {
                Err(problem) if problem["code"] == "service.unavailable" => {}
                done => return done.inspect_err(|problem| self.refused(problem)).ok(),
            }
        }
        panic!("{}: {path} was never available", self.account.username);
    }

    async fn over_http(&mut self, method: Method, path: &str, body: &Value) -> Option<Value> {
        for _ in 0..ATTEMPTS {
            match self.ask_over_http(method.clone(), path, body).await {
                Err(problem) if problem["code"] == "service.unavailable" => {}
                done => return done.inspect_err(|problem| self.refused(problem)).ok(),
            }
        }
        panic!("{}: {path} was never available", self.account.username);
    }

    async fn ask_over_socket(
        &mut self,
        event: &'static str,
        mut command: Value,
        body: &Value,
    ) -> Result<Value, Value> {
        if let (Some(fields), Value::Object(body)) = (command.as_object_mut(), body.clone()) {
            fields.extend(body);
        }
        match self.socket.request(event, command).await.unwrap() {
            Reply::Ack(answer) => Ok(answer.get("message").cloned().unwrap_or(answer)),
            Reply::Error(problem) => Err(problem),
        }
    }

    async fn ask_over_http(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Value> {
        let request = self.account.http.request(method, path);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = self.account.http.send(request).await.unwrap();
        if (200..300).contains(&answer.status) { Ok(answer.body) } else { Err(answer.body) }
    }

    /// Members try what they may not, or on what has gone meanwhile, and nothing else is refused.
    fn refused(&self, problem: &Value) {
        let code = problem["code"].as_str().unwrap_or_default();
        let expected = (code.starts_with("chat.") || code.starts_with("group."))
            && problem["status"].as_u64().is_some_and(|status| status < 500);
        assert!(expected, "{}: {problem}", self.account.username);
    }
}

/// A step on a message.
fn on(known: &Known, event: &'static str, method: Method, area: &str, rest: &str) -> Step {
    let Known { conversation, id, .. } = known;
    Step {
        event,
        method,
        path: format!("/v1/conversations/{conversation}/{area}/{id}{rest}"),
        body: Value::Null,
        on: json!({ "conversation_id": conversation, "message_id": id }),
    }
}

/// A step on a message's reactions.
fn with_emoji(known: &Known, event: &'static str, method: Method, emoji: &str) -> Step {
    let mut step = on(known, event, method, "messages", &format!("/reactions/{emoji}"));
    step.on["emoji"] = json!(emoji);
    step
}
