//! The HTTP side.

use anyhow::{Context as _, ensure};
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

/// The password of every account that a test registers without caring.
pub const PASSWORD: &str = "korrekte Pferdebatterie";

/// Calls a server's HTTP API, as nobody or as somebody.
#[derive(Debug, Clone)]
pub struct HttpClient {
    http: reqwest::Client,
    base: String,
    bearer: Option<String>,
}

/// Somebody who registered.
#[derive(Debug, Clone)]
pub struct Account {
    /// Their id.
    pub id: String,
    /// Their username.
    pub username: String,
    /// Their access token.
    pub access_token: String,
    /// Their refresh token.
    pub refresh_token: String,
    /// A client that is them.
    pub http: HttpClient,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, when it is JSON; else null.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The body, if the status is this one.
    ///
    /// # Errors
    /// It is another; the message shows the whole answer.
    pub fn expect(self, status: u16) -> anyhow::Result<Value> {
        ensure!(self.status == status, "expected {status}, got {}: {}", self.status, self.text);
        Ok(self.body)
    }

    /// The `code` of a problem; empty when the body is none.
    pub fn code(&self) -> &str {
        self.body.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    /// A header's value; empty when it is missing or not text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl HttpClient {
    /// A client that is nobody, of the server at a URL like `http://127.0.0.1:3000`.
    pub fn new(base: impl Into<String>) -> Self {
        // Redirects are an answer to look at, and a proxy of the environment is not in the test.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap_or_default();
        Self { http, base: base.into(), bearer: None }
    }

    /// The same client with another access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { bearer: Some(token.into()), ..self.clone() }
    }

    /// The same client as nobody.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { bearer: None, ..self.clone() }
    }

    /// The server's URL, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The access token this client sends; empty when it is nobody.
    pub fn token(&self) -> &str {
        self.bearer.as_deref().unwrap_or_default()
    }

    /// A request to a path, to be completed by the caller and given to [`HttpClient::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        let response = request.send().await.context("failed to reach the server")?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.context("the answer broke off")?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, body, text })
    }

    /// `GET` a path.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` JSON to a path.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PUT` JSON to a path.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// `PATCH` JSON to a path.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `DELETE` a path.
    ///
    /// # Errors
    /// The server cannot be reached or breaks off.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Registers an account with [`PASSWORD`].
    ///
    /// # Errors
    /// The server refuses.
    pub async fn register(&self, username: &str) -> anyhow::Result<Account> {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self.anonymous().post("/v1/auth/register", &body).await?.expect(201)?;
        self.account(&answer)
    }

    /// Logs in with [`PASSWORD`]: another session of the same account.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn log_in(&self, username: &str) -> anyhow::Result<Account> {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self.anonymous().post("/v1/auth/login", &body).await?.expect(200)?;
        self.account(&answer)
    }

    /// Opens the direct conversation with somebody and answers its id.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn open_direct(&self, peer: &str) -> anyhow::Result<String> {
        let answer = self.post("/v1/conversations/direct", &json!({ "user_id": peer })).await?;
        ensure!(matches!(answer.status, 200 | 201), "got {}: {}", answer.status, answer.text);
        text(&answer.body, "/id")
    }

    /// Makes a group with these members besides oneself and answers its id, which is its
    /// conversation's.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_group(&self, name: &str, members: &[&str]) -> anyhow::Result<String> {
        let body = json!({ "name": name, "member_ids": members });
        text(&self.post("/v1/groups", &body).await?.expect(201)?, "/id")
    }

    /// Posts a message and answers it.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn post_message(
        &self,
        conversation: &str,
        client_id: &str,
        body: &str,
    ) -> anyhow::Result<Value> {
        let path = format!("/v1/conversations/{conversation}/messages");
        let message = json!({ "client_id": client_id, "body": body });
        let answer = self.post(&path, &message).await?;
        ensure!(matches!(answer.status, 200 | 201), "got {}: {}", answer.status, answer.text);
        Ok(answer.body)
    }

    /// The whole log of a conversation, read page by page.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn all_entries(&self, conversation: &str) -> anyhow::Result<Vec<Value>> {
        let mut entries: Vec<Value> = Vec::new();
        loop {
            let after = entries.last().and_then(|last| last.get("pos")?.as_u64()).unwrap_or(0);
            let path = format!("/v1/conversations/{conversation}/entries?after={after}&limit=100");
            let mut page = self.get(&path).await?.expect(200)?;
            let items = page.get_mut("items").and_then(Value::as_array_mut);
            entries.append(items.context("a page has items")?);
            if page.get("has_more") != Some(&Value::Bool(true)) {
                return Ok(entries);
            }
        }
    }

    fn account(&self, answer: &Value) -> anyhow::Result<Account> {
        let access_token = text(answer, "/access_token")?;
        Ok(Account {
            id: text(answer, "/user/id")?,
            username: text(answer, "/user/username")?,
            refresh_token: text(answer, "/refresh_token")?,
            http: self.with_token(access_token.clone()),
            access_token,
        })
    }
}

fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("there is no text at {pointer} in {body}"))?.to_owned())
}
