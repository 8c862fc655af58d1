//! A client comes and goes at random while three others write: after each `sync` it has exactly what
//! the server has.

use std::sync::Arc;

use kabar_testkit::{
    PATIENCE,
    client::{Account, WsClient},
    eventually,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{Subject, copy::Copy, dice::Dice};

const ROUNDS: u64 = 1000;

/// What the server holds, read from it as it grows.
struct Truth {
    account: Account,
    conversation: String,
    entries: Vec<Value>,
}

impl Truth {
    async fn grow(&mut self) {
        loop {
            let path = format!(
                "/v1/conversations/{}/entries?after={}&limit=100",
                self.conversation,
                self.entries.len()
            );
            let mut page = self.account.http.get(&path).await.unwrap().expect(200).unwrap();
            let more = page["has_more"] == true;
            self.entries.append(page["items"].as_array_mut().unwrap());
            if !more {
                return;
            }
        }
    }

    fn head(&self) -> u64 {
        self.entries.len() as u64
    }

    fn between(&self, from: u64, to: u64) -> &[Value] {
        &self.entries[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()]
    }
}

/// Writes whenever it is permitted to, until the permits are closed.
async fn write(account: Account, conversation: String, permits: Arc<Semaphore>) {
    let mut number = 0;
    while let Ok(permit) = permits.acquire().await {
        permit.forget();
        number += 1;
        let client_id = format!("w{number}");
        account.http.post_message(&conversation, &client_id, "on and on").await.unwrap();
    }
}

async fn a_client_that_comes_back_has_the_same_log(subject: Subject, seed: u64) {
    let http = subject.server.http();
    let reader = http.register("reader").await.unwrap();
    let mut writers = Vec::new();
    for name in ["ayu", "budi", "citra"] {
        writers.push(http.register(name).await.unwrap());
    }
    let ids: Vec<&str> = writers.iter().map(|account| account.id.as_str()).collect();
    let conversation = reader.http.create_group("Tunnel", &ids).await.unwrap();
    let permits = Arc::new(Semaphore::new(700));
    let writing: Vec<_> = writers
        .into_iter()
        .map(|account| tokio::spawn(write(account, conversation.clone(), Arc::clone(&permits))))
        .collect();

    let mut truth =
        Truth { account: reader.clone(), conversation: conversation.clone(), entries: Vec::new() };
    eventually("a log that is longer than a replay", PATIENCE, async || {
        truth.grow().await;
        truth.head() > 600
    })
    .await
    .unwrap();

    let mut dice = Dice::new(seed);
    let (mut gaps, mut replays) = (0, 0);
    for round in 0..ROUNDS {
        permits.add_permits(usize::try_from(dice.between(0, 6)).unwrap());
        let socket = WsClient::ready(&subject.server.base(), &reader.access_token).await.unwrap();
        let head = truth.head();
        // Mostly a moment ago, sometimes long ago, sometimes never.
        let from = match dice.between(0, 19) {
            0 => dice.between(0, head),
            1 => 0,
            2..=4 => head,
            _ => head.saturating_sub(dice.between(0, 80)),
        };
        let synced = socket
            .request("sync", json!({ "positions": { conversation.as_str(): from } }))
            .await
            .unwrap()
            .ack()
            .unwrap();
        assert_eq!(synced.get("reset"), None, "{synced}");
        truth.grow().await;
        let copy = follow(&socket, &conversation, from, truth.head()).await;
        let (seen, to) = (copy.entries, copy.last);
        let gap = gap_of(&socket);
        truth.grow().await;
        if let Some((gap_from, gap_to)) = gap {
            gaps += 1;
            assert_eq!(gap_from, from + 500, "a replay holds 500 entries");
            let expected = [truth.between(from, gap_from), truth.between(gap_to, to)].concat();
            assert_eq!(seen, expected, "round {round}, with a gap");
        } else {
            replays += 1;
            assert_eq!(seen, truth.between(from, to), "round {round}, from {from}");
        }
        if dice.between(0, 1) == 0 {
            socket.close().await.unwrap();
        }
    }
    assert!(gaps > 10 && replays > 500, "{gaps} gaps, {replays} replays");
    permits.close();
    for writer in writing {
        writer.await.unwrap();
    }
}

/// Waits until the socket has everything up to `head`; answers the client's copy.
async fn follow(socket: &WsClient, conversation: &str, from: u64, head: u64) -> Copy {
    let mut copy = Copy::default();
    eventually("all entries", PATIENCE, async || {
        copy = Copy::after(conversation, from);
        copy.take(&socket.events());
        copy.last >= head
    })
    .await
    .unwrap();
    copy
}

/// The gap that was announced; there is one at most.
fn gap_of(socket: &WsClient) -> Option<(u64, u64)> {
    let events = socket.events();
    let mut gaps = events.iter().filter(|event| event.name == "gap");
    let gap = gaps
        .next()
        .map(|gap| (gap.content["from"].as_u64().unwrap(), gap.content["to"].as_u64().unwrap()));
    assert!(gaps.next().is_none(), "two gaps");
    gap
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_has_the_same_log_on_sqlite() {
    a_client_that_comes_back_has_the_same_log(Subject::on_sqlite().await, 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_has_the_same_log_on_postgres() {
    a_client_that_comes_back_has_the_same_log(Subject::on_postgres().await, 22).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_of_another_log_are_reset() {
    let subject = Subject::on_sqlite().await;
    let http = subject.server.http();
    let ayu = http.register("ayu").await.unwrap();
    let budi = http.register("budi").await.unwrap();
    let chat = ayu.http.open_direct(&budi.id).await.unwrap();
    ayu.http.post_message(&chat, "1", "hi").await.unwrap();
    let socket = WsClient::connect(
        &subject.server.base(),
        kabar_testkit::client::Auth::Header(&budi.access_token),
    )
    .await
    .unwrap();
    let ready = socket.wait_for("ready", |_| true).await.unwrap();

    let stale = json!({ "epoch": "another", "positions": { chat.as_str(): 1 } });
    let past = json!({ "epoch": ready["epoch"], "positions": { chat.as_str(): 2 } });
    for positions in [stale, past] {
        let synced = socket.request("sync", positions).await.unwrap().ack().unwrap();
        assert_eq!(synced["reset"], true);
        assert_eq!(synced["epoch"], ready["epoch"]);
        assert_eq!(synced["conversations"][0]["head"], 1);
    }
    let right = json!({ "epoch": ready["epoch"], "positions": { chat.as_str(): 1 } });
    let synced = socket.request("sync", right).await.unwrap().ack().unwrap();
    assert_eq!(synced.get("reset"), None);
    assert_eq!(synced["conversations"], json!([]));
    assert!(socket.events().iter().all(|event| event.name != "entry"));
}
