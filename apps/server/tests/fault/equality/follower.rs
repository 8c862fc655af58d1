//! Clients that keep conversations from what they are told.

use std::collections::BTreeMap;

use kabar_testkit::{
    PATIENCE,
    client::{
        Account, WsClient,
        reference::{Replica, Snapshot},
    },
    eventually,
};
use serde_json::{Value, json};

/// Somebody's client: a replica of each of their conversations.
pub(super) struct Follower {
    pub(super) account: Account,
    replicas: BTreeMap<String, Replica>,
    /// Since when it was away.
    since: Option<Value>,
    /// How many events of the present socket it took.
    taken: usize,
}

/// What the server shows of a follower's conversations now.
pub(super) async fn snapshots(follower: &Follower) -> BTreeMap<String, Snapshot> {
    let Follower { account, replicas, .. } = follower;
    let mut shown = BTreeMap::new();
    for conversation in replicas.keys() {
        let snapshot = Snapshot::take(&account.http, &account.id, conversation).await.unwrap();
        shown.insert(conversation.clone(), snapshot);
    }
    shown
}

impl Follower {
    /// Begins with what the server shows.
    pub(super) async fn of(account: &Account, conversations: &[String]) -> Self {
        let mut follower = Self::of_nothing(account, conversations);
        for (conversation, snapshot) in snapshots(&follower).await {
            follower.replicas.insert(conversation, Replica::after(&snapshot));
        }
        follower
    }

    /// Begins with nothing.
    pub(super) fn of_nothing(account: &Account, conversations: &[String]) -> Self {
        let nothing = |id: &String| (id.clone(), Replica::of_group(&account.id, id));
        let replicas = conversations.iter().map(nothing).collect();
        Self { account: account.clone(), replicas, since: None, taken: 0 }
    }

    /// Opens a socket and says what it has.
    pub(super) async fn come_back(&mut self, base: &str) -> WsClient {
        let socket = WsClient::ready(base, &self.account.access_token).await.unwrap();
        let positions: BTreeMap<_, _> =
            self.replicas.iter().map(|(id, replica)| (id, replica.head())).collect();
        let mut sync = json!({ "positions": positions });
        if let Some(since) = self.since.take() {
            sync["since"] = since;
        }
        let synced = socket.request("sync", sync).await.unwrap().ack().unwrap();
        assert_eq!(synced.get("reset"), None, "{synced}");
        self.since = Some(synced["time"].clone());
        for numbers in synced["conversations"].as_array().unwrap() {
            let mut cursor = numbers.clone();
            cursor["conversation_id"] = numbers["id"].clone();
            cursor["user_id"] = json!(self.account.id);
            self.told(&cursor);
        }
        self.taken = 0;
        socket
    }

    /// Takes what came over a socket since it last looked.
    fn hear(&mut self, socket: &WsClient) {
        let events = socket.events();
        for event in &events[self.taken..] {
            let Some(id) = event.content["conversation_id"].as_str() else { continue };
            let Some(replica) = self.replicas.get_mut(id) else { continue };
            match event.name.as_str() {
                "entry" => {
                    replica.apply(&event.content).unwrap();
                }
                "read" | "delivered" if event.content["user_id"] == self.account.id => {
                    replica.cursor(&event.content).unwrap();
                }
                "gap" => panic!("more was missing than a replay holds"),
                _ => {}
            }
        }
        self.taken = events.len();
    }

    /// Takes an answer that says where its own cursor stands.
    pub(super) fn told(&mut self, cursor: &Value) {
        let id = cursor["conversation_id"].as_str().unwrap();
        if let Some(replica) = self.replicas.get_mut(id) {
            replica.cursor(cursor).unwrap();
        }
    }

    /// Reads what it lacks, page by page.
    pub(super) async fn page(&mut self, size: u64) {
        for (id, replica) in &mut self.replicas {
            loop {
                let after = replica.head();
                let path = format!("/v1/conversations/{id}/entries?after={after}&limit={size}");
                let page = self.account.http.get(&path).await.unwrap().expect(200).unwrap();
                replica.page(page["items"].as_array().unwrap()).unwrap();
                if page["has_more"] == false {
                    break;
                }
            }
        }
    }

    /// Compares once everything has come, while nothing changes.
    pub(super) async fn agrees_after(&mut self, socket: &WsClient) {
        let shown = snapshots(self).await;
        let arrived = eventually("everything that happened", PATIENCE, async || {
            self.hear(socket);
            self.differs(&shown).is_none()
        });
        if arrived.await.is_err() {
            panic!("{}", self.differs(&shown).unwrap_or_default());
        }
    }

    /// Compares now.
    pub(super) async fn agrees(&self) {
        if let Some(difference) = self.differs(&snapshots(self).await) {
            panic!("{difference}");
        }
    }

    fn differs(&self, shown: &BTreeMap<String, Snapshot>) -> Option<String> {
        let mut compared = self.replicas.iter().map(|(id, replica)| {
            replica.agrees_with(&shown[id]).err().map(|error| format!("{id}: {error:#}"))
        });
        compared.find_map(|difference| difference)
    }
}
