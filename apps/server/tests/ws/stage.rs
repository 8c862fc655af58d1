//! A group whose members see what others do: Ayu, who owns it; Budi on two devices; and Citra, who is
//! away and comes back.

use std::slice;

use anyhow::Context as _;
use kabar_testkit::client::{Account, Answer, HttpClient, WsClient};
use serde_json::{Value, json};

use crate::server::{assert_lives, device, told};

/// The group and its members.
pub(crate) struct Stage {
    pub(crate) ayu: Account,
    pub(crate) budi: Account,
    pub(crate) citra: Account,
    /// Ayu's device.
    pub(crate) own: WsClient,
    pub(crate) phone: WsClient,
    pub(crate) laptop: WsClient,
    pub(crate) group: String,
    /// The direct conversation of Ayu and Budi.
    pub(crate) chat: String,
    /// `time` of Citra's connection, which has ended.
    pub(crate) since: Value,
    /// The last position of the group that was looked at.
    head: u64,
}

impl Stage {
    pub(crate) async fn set(http: &HttpClient) -> anyhow::Result<Self> {
        let ayu = http.register("ayu").await?;
        let (budi, citra) = (http.register("budi").await?, http.register("citra").await?);
        let group = ayu.http.create_group("Climbing", &[&budi.id, &citra.id]).await?;
        let chat = ayu.http.open_direct(&budi.id).await?;
        let head = ayu.http.all_entries(&group).await?.len() as u64;
        let away = device(&citra).await?;
        let since = away.wait_for("ready", |_| true).await?["time"].clone();
        away.close().await?;
        Ok(Self {
            own: device(&ayu).await?,
            phone: device(&budi).await?,
            laptop: device(&http.log_in("budi").await?).await?,
            ayu,
            budi,
            citra,
            group,
            chat,
            since,
            head,
        })
    }

    /// The devices that are connected.
    pub(crate) fn devices(&self) -> [&WsClient; 3] {
        [&self.own, &self.phone, &self.laptop]
    }

    /// Posts a message into the group as somebody, and takes its entry as looked at.
    pub(crate) async fn post(
        &mut self,
        by: &Account,
        client_id: &str,
        body: &str,
    ) -> anyhow::Result<Value> {
        let message = by.http.post_message(&self.group, client_id, body).await?;
        self.head = message["pos"].as_u64().context("a message has a position")?;
        Ok(message)
    }

    /// The next entry of the group: it comes to every connected device alike, and the same to Citra,
    /// who comes back for it. Answers it.
    pub(crate) async fn seen(&mut self, kind: &str) -> anyhow::Result<Value> {
        let before = self.head;
        self.head += 1;
        let entry = self.laptop.wait_for_entry(&self.group, self.head).await?;
        assert_eq!(entry["type"], kind, "{entry}");
        for device in [&self.phone, &self.own] {
            assert_eq!(device.wait_for_entry(&self.group, self.head).await?, entry);
        }
        let back = device(&self.citra).await?;
        let sync = json!({ "positions": { &self.group: before } });
        back.request("sync", sync).await?.ack()?;
        assert_eq!(told(&back, "entry", &self.group), slice::from_ref(&entry), "after sync");
        Ok(entry)
    }

    /// Checks that nothing was written to the group's log since.
    pub(crate) async fn assert_nothing_happened(&self) -> anyhow::Result<()> {
        assert_eq!(self.ayu.http.all_entries(&self.group).await?.len() as u64, self.head);
        Ok(())
    }

    /// The path of a message of the group, and what is below it.
    pub(crate) fn path(&self, message: &Value, below: &str) -> String {
        let id = message["id"].as_str().unwrap_or_default();
        format!("/v1/conversations/{}/messages/{id}{below}", self.group)
    }

    /// A message of the group as somebody sees it.
    pub(crate) async fn shown(&self, to: &Account, message: &Value) -> anyhow::Result<Value> {
        to.http.get(&self.path(message, "")).await?.expect(200)
    }

    /// The data of a command about a message of the group.
    pub(crate) fn on(&self, message: &Value) -> Value {
        json!({ "conversation_id": self.group, "message_id": message["id"] })
    }

    /// The same with one more field.
    pub(crate) fn on_with(&self, message: &Value, field: &str, value: &str) -> Value {
        let mut data = self.on(message);
        data[field] = json!(value);
        data
    }

    /// Gives a member of the group a role.
    pub(crate) async fn promote(&mut self, to: &Account, role: &str) -> anyhow::Result<()> {
        let path = format!("/v1/groups/{}/members/{}", self.group, to.id);
        self.ayu.http.patch(&path, &json!({ "role": role })).await?.expect(200)?;
        self.head += 1;
        Ok(())
    }

    /// Citra comes back, with everything she has and since when; answers her device and `synced`.
    pub(crate) async fn back(&self) -> anyhow::Result<(WsClient, Value)> {
        back_since(&self.citra, &self.since, &[&self.group]).await
    }

    /// Waits until every connected device has everything that was told of both conversations before
    /// now: a message of each comes last.
    pub(crate) async fn settle(&mut self, client_id: &str) -> anyhow::Result<()> {
        for conversation in [&self.group, &self.chat] {
            let last = self.ayu.http.post_message(conversation, client_id, "last").await?;
            let pos = last["pos"].as_u64().context("a message has a position")?;
            for device in self.devices() {
                device.wait_for_entry(conversation, pos).await?;
                assert_lives(device).await?;
            }
            if conversation == &self.group {
                self.head = pos;
            }
        }
        Ok(())
    }
}

/// Somebody comes back who has these conversations whole; answers their device and `synced`.
pub(crate) async fn back_since(
    who: &Account,
    since: &Value,
    conversations: &[&str],
) -> anyhow::Result<(WsClient, Value)> {
    let mut positions = json!({});
    for conversation in conversations {
        positions[*conversation] = json!(who.http.all_entries(conversation).await?.len());
    }
    let socket = device(who).await?;
    let sync = json!({ "positions": positions, "since": since });
    let synced = socket.request("sync", sync).await?.ack()?;
    Ok((socket, synced))
}

/// Replaces what somebody decided for a conversation.
pub(crate) async fn prefer(
    who: &Account,
    conversation: &str,
    preferences: Value,
) -> anyhow::Result<Value> {
    let path = format!("/v1/conversations/{conversation}/settings");
    who.http.put(&path, &preferences).await?.expect(200)
}

/// Changes what somebody shows of themselves.
pub(crate) async fn show(who: &Account, privacy: Value) -> anyhow::Result<Answer> {
    who.http.patch("/v1/users/me/privacy", &privacy).await
}
