//! What was deleted or edited away is found nowhere: not in what anybody reads, not in what is replayed,
//! not in the log, and not in the database.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use kabar_testkit::{
    client::{Account, WsClient},
    postgres::TestDatabase,
    server_process::{ServerProcess, ServerSettings},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::server::{somebody, text};

/// Texts that nobody else writes: the first is edited away, all are deleted.
const EDITED_AWAY: &str = "burung-kenari-satu";
const EDITED_TO: &str = "burung-kenari-dua";
const DIRECT: &str = "burung-kenari-tiga";

/// Ayu, Budi and Citra, and where Ayu wrote what she regrets.
struct Scene {
    people: [Account; 3],
    group: String,
    direct: String,
    in_group: String,
    in_direct: String,
    reply: String,
}

impl Scene {
    async fn set(server: &ServerProcess) -> anyhow::Result<Self> {
        let http = server.http();
        let ayu = somebody(&http, "ayu").await?;
        let budi = somebody(&http, "budi").await?;
        let citra = somebody(&http, "citra").await?;
        let group = ayu.http.create_group("Climbing", &[&budi.id, &citra.id]).await?;
        let direct = ayu.http.open_direct(&budi.id).await?;
        let in_group = ayu.http.post_message(&group, "g", &format!("@budi {EDITED_AWAY}")).await?;
        // Long enough to lie in pages of its own, which nothing overwrites by chance.
        let in_direct = ayu.http.post_message(&direct, "d", &DIRECT.repeat(800)).await?;
        let reply = json!({"body": "yes", "reply_to": in_group["id"]});
        let path = format!("/v1/conversations/{group}/messages");
        let reply = budi.http.post(&path, &reply).await?.expect(201)?;
        let [in_group, in_direct, reply] =
            [in_group, in_direct, reply].map(|message| text(&message, "/id").to_owned());
        let scene = Self { people: [ayu, budi, citra], group, direct, in_group, in_direct, reply };
        let [ayu, budi, citra] = &scene.people;
        let pin = format!("/v1/conversations/{}/pins/{}", scene.group, scene.in_group);
        ayu.http.send(ayu.http.request(Method::PUT, &pin)).await?.expect(204)?;
        let pin = format!("/v1/conversations/{}/pins/{}", scene.direct, scene.in_direct);
        budi.http.send(budi.http.request(Method::PUT, &pin)).await?.expect(204)?;
        let react = format!("{}/reactions/%F0%9F%91%8D", scene.path());
        citra.http.send(citra.http.request(Method::PUT, &react)).await?.expect(200)?;
        Ok(scene)
    }

    fn path(&self) -> String {
        format!("/v1/conversations/{}/messages/{}", self.group, self.in_group)
    }

    /// Every place that shows messages, with what it shows to somebody.
    async fn places(&self, who: &Account) -> anyhow::Result<Vec<(String, String)>> {
        let mut paths = vec!["/v1/notifications".to_owned(), "/v1/conversations".to_owned()];
        for (conversation, message) in
            [(&self.group, &self.in_group), (&self.direct, &self.in_direct)]
        {
            let path = format!("/v1/conversations/{conversation}");
            paths.extend(
                ["/messages", "/messages?around=1", "/entries", "/pins"]
                    .map(|rest| format!("{path}{rest}")),
            );
            paths.push(format!("{path}/messages/{message}"));
        }
        paths.push(format!("/v1/conversations/{}/messages/{}", self.group, self.reply));
        let mut places = Vec::new();
        for path in paths {
            places.push((path.clone(), who.http.get(&path).await?.text));
        }
        let replay = WsClient::ready(who.http.base(), &who.access_token).await?;
        let mut positions = json!({self.group.as_str(): 0});
        if who.id != self.people[2].id {
            positions[&self.direct] = json!(0);
        }
        replay.request("sync", json!({"positions": positions})).await?.ack()?;
        let events = replay.events().into_iter().map(|event| event.content.to_string());
        places.push(("sync".to_owned(), events.collect()));
        Ok(places)
    }

    /// Checks that nobody is shown this anywhere.
    async fn assert_gone(&self, canary: &str) -> anyhow::Result<()> {
        for who in &self.people {
            for (place, shown) in self.places(who).await? {
                ensure!(!shown.contains(canary), "{} reads {canary} in {place}", who.username);
            }
        }
        Ok(())
    }

    /// Checks that Budi is shown this in this many places.
    async fn assert_shown(&self, canary: &str, times: usize) -> anyhow::Result<()> {
        let places = self.places(&self.people[1]).await?;
        let found: Vec<_> = places
            .iter()
            .filter(|(_, shown)| shown.contains(canary))
            .map(|(place, _)| place)
            .collect();
        ensure!(found.len() == times, "{canary} is found in {found:?}");
        Ok(())
    }
}

/// What devices that stay connected are told after the deletion.
async fn told_since(socket: &WsClient, before: usize) -> anyhow::Result<String> {
    socket.request("ping", json!({})).await?.ack()?;
    Ok(socket.events().into_iter().skip(before).map(|event| event.content.to_string()).collect())
}

/// Tells the story; `stored` answers everything the database holds.
async fn tell(
    mut server: ServerProcess,
    stored: impl AsyncFn(&Path) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<()> {
    let folder = server.data_dir().to_owned();
    let scene = Scene::set(&server).await?;
    let [ayu, budi, _] = &scene.people;
    let listener = WsClient::ready(budi.http.base(), &budi.access_token).await?;
    // Two pages, the log, the pins, the inbox, alone, in the replay, and one in a quote.
    scene.assert_shown(EDITED_AWAY, 8).await?;
    scene.assert_shown(DIRECT, 7).await?;
    for canary in [EDITED_AWAY, DIRECT] {
        ensure!(holds(&stored(&folder).await?, canary), "{canary} was never stored");
    }

    let edit = json!({"body": format!("{EDITED_TO} @budi")});
    ayu.http.patch(&scene.path(), &edit).await?.expect(200)?;
    scene.assert_gone(EDITED_AWAY).await?;
    scene.assert_shown(EDITED_TO, 8).await?;

    listener.wait_for_entry(&scene.group, 8).await?;
    let before = listener.events().len();
    ayu.http.delete(&scene.path()).await?.expect(204)?;
    let direct = format!("/v1/conversations/{}/messages/{}", scene.direct, scene.in_direct);
    ayu.http.delete(&direct).await?.expect(204)?;
    listener.wait_for_entry(&scene.group, 9).await?;
    listener.wait_for_entry(&scene.direct, 3).await?;
    let told = told_since(&listener, before).await?;
    ensure!(told.contains("message.deleted"), "{told}");
    for canary in [EDITED_AWAY, EDITED_TO, DIRECT] {
        scene.assert_gone(canary).await?;
        ensure!(!told.contains(canary), "{told}");
    }
    let again = json!({"body": "what did you say?", "reply_to": scene.in_group});
    let path = format!("/v1/conversations/{}/messages", scene.group);
    let again: Value = budi.http.post(&path, &again).await?.expect(201)?;
    assert_eq!(text(&again, "/quote/body"), "");

    drop(listener);
    server.terminate().await?;
    ensure!(
        server.wait(Duration::from_secs(30)).await?.success(),
        "the server did not end in order"
    );
    let (stored, log) = (stored(&folder).await?, server.lines().join("\n"));
    ensure!(holds(&stored, "what did you say?"), "what stays is stored");
    ensure!(log.contains("/v1/conversations/{conversation}/pins/{message}"), "no log: {log}");
    for canary in [EDITED_AWAY, EDITED_TO, DIRECT] {
        ensure!(!holds(&stored, canary), "{canary} is in the database");
        ensure!(!log.contains(canary), "{canary} is in the log");
    }
    ensure!(!log.contains("what did you say?"), "no text is in the log");
    Ok(())
}

fn holds(bytes: &[u8], canary: &str) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
}

fn settings() -> ServerSettings {
    ServerSettings::new(env!("CARGO_BIN_EXE_kabar"))
        .env("KABAR__LOG__LEVEL", "debug")
        .env("KABAR__DRAIN__SOCKET_SPREAD", "0s")
}

/// Every byte of every file of the server, its database among them.
async fn files(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            bytes.extend(fs::read(path)?);
        }
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_is_found_nowhere_on_sqlite() -> anyhow::Result<()> {
    tell(settings().start().await?, files).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_is_found_nowhere_on_postgres() -> anyhow::Result<()> {
    let database = TestDatabase::create().await?;
    let server = settings().database_url(database.url()).start().await?;
    let dump = async |_: &Path| {
        let dump = Command::new("pg_dump").arg(database.url()).output().await;
        let dump = dump.context("no pg_dump: install it (apt-get install postgresql-client)")?;
        ensure!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        Ok(dump.stdout)
    };
    tell(server, dump).await
}
