//! Ayu and Budi, who talk to each other.

use kabar_testkit::client::{Account, Answer, HttpClient};
use reqwest::Method;
use serde_json::Value;

use crate::server::{somebody, text};

/// An id that names nothing.
pub(crate) const NOBODY: &str = "0198c0de-0000-7000-8000-000000000001";

/// Ayu and Budi, their direct conversation, and a message of Ayu's in it.
pub(crate) struct Two {
    pub(crate) ayu: Account,
    pub(crate) budi: Account,
    pub(crate) direct: String,
    pub(crate) message: Value,
}

impl Two {
    pub(crate) async fn meet(http: &HttpClient) -> anyhow::Result<Self> {
        let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
        let direct = ayu.http.open_direct(&budi.id).await?;
        let message = ayu.http.post_message(&direct, "first", "where shall we meet?").await?;
        Ok(Self { ayu, budi, direct, message })
    }

    /// Where the message is.
    pub(crate) fn path(&self) -> String {
        format!("/v1/conversations/{}/messages/{}", self.direct, text(&self.message, "/id"))
    }

    /// Where a message is pinned.
    pub(crate) fn pin_path(&self, message: &Value) -> String {
        format!("/v1/conversations/{}/pins/{}", self.direct, text(message, "/id"))
    }
}

/// Where one reacts to a message.
pub(crate) fn reaction(path: &str, emoji: &str) -> String {
    let emoji: String = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{path}/reactions/{emoji}")
}

/// `PUT` without a body.
pub(crate) async fn put(who: &Account, path: &str) -> anyhow::Result<Answer> {
    who.http.send(who.http.request(Method::PUT, path)).await
}

/// The types of the entries of a log.
pub(crate) async fn types(who: &Account, conversation: &str) -> anyhow::Result<Vec<String>> {
    let entries = who.http.all_entries(conversation).await?;
    Ok(entries.iter().map(|entry| text(entry, "/type").to_owned()).collect())
}
