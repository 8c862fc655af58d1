//! The HTTP side of the protocol.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::{Method, StatusCode, header::RETRY_AFTER};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// How often a request that met an overloaded server (503) is tried again.
const TRIES: u32 = 30;

/// A client of the HTTP API.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
}

/// A refused request.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path}: {status} {problem}")]
pub struct Refused {
    method: Method,
    path: String,
    /// The status.
    pub status: StatusCode,
    problem: String,
}

/// A conversation, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// Its last position.
    pub head: u64,
    /// The number of its last message.
    pub last_seq: u64,
}

/// The fields of a problem (RFC 9457) that are shown.
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
}

impl Api {
    /// A client of the server at this address, which must be `http://host:port`.
    ///
    /// # Errors
    /// It is another kind of address.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") {
            bail!("{url} is not an address that starts with http://");
        }
        // A proxy of the environment would be measured instead of the server.
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(16)
            .build()?;
        Ok(Self { client, base })
    }

    /// `host:port`, for a socket.
    ///
    /// # Errors
    /// The address has no host.
    pub fn authority(&self) -> anyhow::Result<String> {
        let url = reqwest::Url::parse(&self.base)?;
        let host = url.host_str().context("the address has no host")?;
        Ok(format!("{host}:{}", url.port_or_known_default().unwrap_or(80)))
    }

    /// Posts a body and reads the answer.
    ///
    /// # Errors
    /// [`Refused`] when the server refuses; else it is not reached or answers in another shape.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: Option<&str>,
        body: &(impl Serialize + Sync),
    ) -> anyhow::Result<T> {
        let body = serde_json::to_vec(body)?;
        let answer = self.request(Method::POST, path, token, Some(body)).await?;
        serde_json::from_slice(&answer).with_context(|| format!("the answer of POST {path}"))
    }

    /// Gets something.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str, token: &str) -> anyhow::Result<T> {
        let answer = self.get_bytes(path, token).await?;
        serde_json::from_slice(&answer).with_context(|| format!("the answer of GET {path}"))
    }

    /// Gets something, as it comes.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub async fn get_bytes(&self, path: &str, token: &str) -> anyhow::Result<Vec<u8>> {
        self.request(Method::GET, path, Some(token), None).await
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> anyhow::Result<Vec<u8>> {
        for _ in 0..TRIES {
            let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if let Some(body) = &body {
                request = request.header("content-type", "application/json").body(body.clone());
            }
            let answer = request
                .send()
                .await
                .with_context(|| format!("the server at {} does not answer", self.base))?;
            let status = answer.status();
            let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let wait = wait.and_then(|seconds| seconds.parse().ok()).unwrap_or(1);
            let bytes = answer.bytes().await?;
            if status.is_success() {
                return Ok(bytes.into());
            }
            if status == StatusCode::TOO_MANY_REQUESTS {
                bail!(
                    "{method} {path}: 429, the server limits the rate; start it with \
                     KABAR__RATE_LIMITS__ENABLED=false to measure it"
                );
            }
            if status == StatusCode::SERVICE_UNAVAILABLE {
                tokio::time::sleep(Duration::from_secs(std::cmp::min(wait, 5))).await;
                continue;
            }
            let problem: Problem = serde_json::from_slice(&bytes).unwrap_or_default();
            let problem = format!("{} {}", problem.code, problem.detail);
            return Err(Refused { method, path: path.to_owned(), status, problem }.into());
        }
        Err(anyhow!("{method} {path}: 503 {TRIES} times in a row"))
    }
}

/// Whether an error is the server's refusal with this status.
pub fn is_refused_with(error: &anyhow::Error, status: StatusCode) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.status == status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_the_authority_of_its_sockets() {
        let authority = |url: &str| Api::new(url).and_then(|api| api.authority());
        assert_eq!(authority("http://127.0.0.1:3000/").unwrap(), "127.0.0.1:3000");
        assert_eq!(authority("http://chat.example").unwrap(), "chat.example:80");
        assert!(authority("https://chat.example").is_err());
    }
}
