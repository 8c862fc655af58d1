//! Clients send at full speed, and the server is killed at random moments: what was acknowledged is
//! there once, nothing has a hole, and every client sees what the database holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kabar_testkit::{
    PATIENCE,
    client::{Account, HttpClient, WsClient},
    eventually,
};
use serde_json::{Value, json};

use crate::{Subject, copy::Copy, dice::Dice};

const KILLS: u64 = 20;

/// Somebody who writes, and what they believe.
struct Writer {
    account: Account,
    copies: Vec<Copy>,
    acked: Vec<Value>,
    /// Sent, and never answered: to be sent again.
    unsure: Vec<(String, String)>,
    number: u64,
}

impl Writer {
    /// Connects, catches up and writes until the server dies, or only sends again what was unsure.
    async fn write(&mut self, base: &str, acks: &AtomicU64, until_death: bool) {
        let socket = match WsClient::ready(base, &self.account.access_token).await {
            Ok(socket) => socket,
            Err(_) if until_death => return,
            Err(error) => panic!("nobody killed the server: {error:?}"),
        };
        let positions: BTreeMap<_, _> =
            self.copies.iter().map(|copy| (copy.conversation.as_str(), copy.last)).collect();
        let sync = socket.request("sync", json!({ "positions": positions })).await;
        let alive = sync.is_ok();
        if alive {
            for (conversation, client_id) in std::mem::take(&mut self.unsure) {
                self.send(&socket, conversation, client_id, acks).await;
            }
            while until_death && socket.is_closed().is_none() {
                self.number += 1;
                let at = usize::try_from(self.number).unwrap() % self.copies.len();
                let conversation = self.copies[at].conversation.clone();
                let client_id = format!("{}-{}", self.account.username, self.number);
                self.send(&socket, conversation, client_id, acks).await;
            }
        }
        assert!(alive || until_death, "nobody killed the server: {sync:?}");
        if !until_death {
            self.catch_up(&socket, base).await;
        }
        let events = socket.events();
        for copy in &mut self.copies {
            copy.take(&events);
        }
    }

    async fn send(
        &mut self,
        socket: &WsClient,
        conversation: String,
        client_id: String,
        acks: &AtomicU64,
    ) {
        match socket.send_message_to(&conversation, &client_id, "still here?").await {
            Ok(message) => {
                self.acked.push(message);
                acks.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert!(socket.is_closed().is_some(), "refused while alive: {error:?}");
                self.unsure.push((conversation, client_id));
            }
        }
    }

    /// Waits until everything that is in the logs has come.
    async fn catch_up(&self, socket: &WsClient, base: &str) {
        let http = HttpClient::new(base).with_token(self.account.access_token.clone());
        for copy in &self.copies {
            let path = format!("/v1/conversations/{}", copy.conversation);
            let shown = http.get(&path).await.unwrap().expect(200).unwrap();
            let head = shown["head"].as_u64().unwrap();
            if head > copy.last {
                socket.wait_for_entry(&copy.conversation, head).await.unwrap();
            }
        }
    }
}

async fn nothing_acknowledged_is_lost(mut subject: Subject, seed: u64) {
    let http = subject.server.http();
    let mut accounts = Vec::new();
    for name in ["ayu", "budi", "citra", "dewi"] {
        accounts.push(http.register(name).await.unwrap());
    }
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let group = accounts[0].http.create_group("Storm", &ids[1..]).await.unwrap();
    let first_pair = accounts[0].http.open_direct(&accounts[1].id).await.unwrap();
    let second_pair = accounts[2].http.open_direct(&accounts[3].id).await.unwrap();
    let mut writers: Vec<Writer> = accounts
        .into_iter()
        .enumerate()
        .map(|(nth, account)| Writer {
            account,
            copies: vec![
                Copy::after(&group, 0),
                Copy::after(if nth < 2 { &first_pair } else { &second_pair }, 0),
            ],
            acked: Vec::new(),
            unsure: Vec::new(),
            number: 0,
        })
        .collect();

    let mut dice = Dice::new(seed);
    for _ in 0..KILLS {
        let acks = Arc::new(AtomicU64::new(0));
        let base = subject.server.base();
        let writing: Vec<_> = writers
            .drain(..)
            .map(|mut writer| {
                let (base, acks) = (base.clone(), Arc::clone(&acks));
                tokio::spawn(async move {
                    writer.write(&base, &acks, true).await;
                    writer
                })
            })
            .collect();
        // Right after an ack, which is when the next batch is on its way into the database.
        let last = dice.between(1, 120);
        eventually("enough acks", PATIENCE, async || acks.load(Ordering::Relaxed) >= last)
            .await
            .unwrap();
        subject.server.kill9().await.unwrap();
        for writer in writing {
            writers.push(writer.await.unwrap());
        }
        subject.server.start_again().await.unwrap();
    }
    let base = subject.server.base();
    let acks = AtomicU64::new(0);
    // First everybody sends again what was unsure, then everybody catches up with all of that.
    for writer in &mut writers {
        writer.write(&base, &acks, false).await;
    }
    for writer in &mut writers {
        writer.write(&base, &acks, false).await;
        compare(writer, &base).await;
    }
}

/// Compares what a writer saw and was promised with what the server holds.
async fn compare(writer: &Writer, base: &str) {
    assert!(writer.unsure.is_empty());
    let http = HttpClient::new(base).with_token(writer.account.access_token.clone());
    let mut stored = BTreeMap::new();
    for copy in &writer.copies {
        let conversation = &copy.conversation;
        let entries = http.all_entries(conversation).await.unwrap();
        let positions: Vec<_> =
            entries.iter().map(|entry| entry["pos"].as_u64().unwrap()).collect();
        assert!(positions.iter().copied().eq(1..=entries.len() as u64), "a hole in {positions:?}");
        let messages: Vec<&Value> = entries
            .iter()
            .filter(|entry| entry["type"] == "message.posted")
            .map(|entry| &entry["data"]["message"])
            .collect();
        let numbers = messages.iter().map(|message| message["seq"].as_u64().unwrap());
        assert!(numbers.eq(1..=messages.len() as u64), "a hole in the numbers of {conversation}");
        let keys: BTreeSet<_> = messages
            .iter()
            .map(|message| (message["author_id"].to_string(), message["client_id"].to_string()))
            .collect();
        assert_eq!(keys.len(), messages.len(), "a twin in {conversation}");
        for message in &messages {
            stored.insert(message["id"].to_string(), (*message).clone());
        }
        assert!(copy.entries == entries, "{} saw something else", writer.account.username);
    }
    for acked in &writer.acked {
        assert_eq!(stored.get(&acked["id"].to_string()), Some(acked), "an ack was forgotten");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_killed_on_sqlite() {
    nothing_acknowledged_is_lost(Subject::on_sqlite().await, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_killed_on_postgres() {
    nothing_acknowledged_is_lost(Subject::on_postgres().await, 12).await;
}
