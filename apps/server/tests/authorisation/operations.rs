//! The operations of the API document, and the requests that try them.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use kabar_kernel::{IdSource as _, SystemIds};
use kabar_testkit::client::{Answer, HttpClient, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

/// An operation as the document describes it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    has_body: bool,
}

/// The ids that a request names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    pub(crate) conversation: String,
    pub(crate) message: String,
    pub(crate) user: String,
    /// The conversation to forward from, and the message of it.
    pub(crate) source: (String, String),
    /// A notification.
    pub(crate) notification: String,
    /// Somebody who is in no group.
    pub(crate) newcomer: String,
    /// Who tries, by name, and the refresh token of their session.
    pub(crate) name: String,
    pub(crate) refresh_token: String,
}

impl Operation {
    /// All of them, by name.
    pub(crate) fn all() -> anyhow::Result<BTreeMap<String, Self>> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let document: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().context("paths")? {
            for (method, operation) in item.as_object().context("an item")? {
                let name = operation["operationId"].as_str().context("a name")?.to_owned();
                let operation = Self {
                    name: name.clone(),
                    method: Method::from_bytes(method.to_uppercase().as_bytes())?,
                    path: path.clone(),
                    has_body: operation.get("requestBody").is_some(),
                };
                operations.insert(name, operation);
            }
        }
        Ok(operations)
    }

    /// Tries it, with another body than usual if one is given.
    pub(crate) async fn attempt(
        &self,
        as_whom: &HttpClient,
        ids: &Ids,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let path = self
            .path
            .replace("{conversation}", &ids.conversation)
            .replace("{group}", &ids.conversation)
            .replace("{message}", &ids.message)
            .replace("{user}", &ids.user)
            .replace("{emoji}", "%F0%9F%91%8D");
        let query = if self.name == "searchUsers" { "?query=a" } else { "" };
        let request = as_whom.request(self.method.clone(), &format!("{path}{query}"));
        let request = match body {
            Some(body) => request.json(body),
            None if self.has_body => request.json(&self.usual_body(ids)?),
            None => request,
        };
        as_whom.send(request).await
    }

    /// A body that is taken from whoever may.
    fn usual_body(&self, ids: &Ids) -> anyhow::Result<Value> {
        let unique = SystemIds.next_id().simple().to_string();
        Ok(match self.name.as_str() {
            "register" => json!({"username": format!("n{}", &unique[1..]), "password": PASSWORD}),
            "logIn" => json!({"username": ids.name, "password": PASSWORD}),
            "refresh" => json!({"refresh_token": ids.refresh_token}),
            "changeMe" => json!({"display_name": "Somebody"}),
            "changePrivacy" => json!({"typing": true}),
            "openDirect" => json!({"user_id": ids.user}),
            "markRead" | "markDelivered" => json!({"seq": 1}),
            "setConversationSettings" => json!({"level": "all"}),
            "sendMessage" => json!({"body": "hello"}),
            "editMessage" => json!({"body": "changed"}),
            "forwardMessage" => {
                json!({"from_conversation_id": ids.source.0, "message_id": ids.source.1})
            }
            "createGroup" => json!({"name": "Another"}),
            "changeGroup" => json!({"name": "Renamed"}),
            "addMembers" => json!({"user_ids": [ids.newcomer]}),
            "changeRole" => json!({"role": "member"}),
            "markNotificationsRead" => json!({"ids": [ids.notification]}),
            "setNotificationSettings" => json!({"quiet_hours": null}),
            other => bail!("{other} has a body that is not known here"),
        })
    }
}
