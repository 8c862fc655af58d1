//! Who is there.

use std::{slice, time::Duration};

use kabar_testkit::{
    client::{Account, Auth, HttpClient, WsClient, raw_socket},
    postgres::TestDatabase,
    server_process::ServerSettings,
};
use serde_json::{Value, json};

use crate::server::{assert_lives, device, two};

on_each_database! {
    several_devices_are_one_person,
    a_device_that_vanished_is_missed with impatient,
    strangers_learn_nothing,
    who_ceases_to_share_a_conversation_learns_nothing_more,
    who_hides_is_not_there,
    a_connection_watches_whom_it_named_last,
    nobody_is_there_where_it_is_switched_off with without_presence,
}

fn impatient(config: &mut kabar_server::config::Config) {
    config.ws.heartbeat = Duration::from_secs(1);
    config.ws.idle_timeout = Duration::from_secs(2);
}

fn without_presence(config: &mut kabar_server::config::Config) {
    config.presence.enabled = false;
}

fn unknown(user: &Account) -> Value {
    json!({ "user_id": user.id, "online": false, "last_seen_at": null })
}

fn online(user: &Account) -> Value {
    json!({ "user_id": user.id, "online": true, "last_seen_at": null })
}

/// Watches these users; answers what is so now.
async fn watch(socket: &WsClient, users: &[&Account]) -> anyhow::Result<Value> {
    let ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
    let ack = socket.request("presence", json!({ "user_ids": ids })).await?.ack()?;
    Ok(ack["presences"].clone())
}

/// What was told of a user so far.
fn told_of(socket: &WsClient, user: &Account) -> Vec<Value> {
    let events = socket.events().into_iter().filter(|event| event.name == "presence");
    let told = events.map(|event| event.content);
    told.filter(|presence| presence["user_id"] == user.id.as_str()).collect()
}

/// Waits until a user is told to have gone; answers since when.
async fn gone(socket: &WsClient, user: &Account) -> anyhow::Result<Value> {
    let gone = |told: &Value| told["user_id"] == user.id.as_str() && told["online"] == json!(false);
    Ok(socket.wait_for("presence", gone).await?["last_seen_at"].clone())
}

async fn several_devices_are_one_person(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let watcher = device(&ayu).await?;
    assert_eq!(watch(&watcher, &[&budi, &ayu]).await?, json!([unknown(&budi), online(&ayu)]));

    let phone = device(&budi).await?;
    watcher.wait_for("presence", |told| *told == online(&budi)).await?;
    let laptop = device(&http.log_in("budi").await?).await?;
    phone.close().await?;
    // Who only changes networks was never gone.
    laptop.close().await?;
    let phone = device(&budi).await?;
    let other = device(&http.log_in("ayu").await?).await?;
    assert_eq!(watch(&other, &[&budi]).await?, json!([online(&budi)]));
    let path = format!("/v1/users/{}/presence", budi.id);
    assert_eq!(ayu.http.get(&path).await?.expect(200)?, online(&budi));
    phone.close().await?;
    let at = gone(&watcher, &budi).await?;
    assert!(at.is_string(), "{at}");
    let last = json!({ "user_id": budi.id, "online": false, "last_seen_at": at });
    assert_eq!(told_of(&watcher, &budi), [online(&budi), last.clone()]);
    assert_eq!(ayu.http.get(&path).await?.expect(200)?, last);
    gone(&other, &budi).await?;
    assert_eq!(told_of(&other, &budi), slice::from_ref(&last), "each device is told");
    let later = device(&ayu).await?;
    assert_eq!(watch(&later, &[&budi]).await?, json!([last]), "who was away asks");
    Ok(())
}

async fn a_device_that_vanished_is_missed(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let watcher = device(&ayu).await?;
    assert_eq!(watch(&watcher, &[&budi]).await?, json!([unknown(&budi)]));
    // Nobody reads it, so no ping is answered.
    let silent = raw_socket(http.base(), Auth::Header(&budi.access_token)).await?;
    watcher.wait_for("presence", |told| *told == online(&budi)).await?;
    assert!(gone(&watcher, &budi).await?.is_string());
    drop(silent);
    Ok(())
}

async fn strangers_learn_nothing(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let citra = http.register("citra").await?;
    let (friend, stranger) = (device(&ayu).await?, device(&citra).await?);
    let phone = device(&budi).await?;
    assert_eq!(watch(&friend, &[&budi]).await?, json!([online(&budi)]));
    assert_eq!(watch(&stranger, &[&budi]).await?, json!([unknown(&budi)]));
    let path = format!("/v1/users/{}/presence", budi.id);
    assert_eq!(citra.http.get(&path).await?.expect(200)?, unknown(&budi));
    phone.close().await?;
    gone(&friend, &budi).await?;
    let _phone = device(&budi).await?;
    friend.wait_for("presence", |told| *told == online(&budi)).await?;
    assert_lives(&stranger).await?;
    assert_eq!(told_of(&stranger, &budi), Vec::<Value>::new());
    assert_eq!(citra.http.get(&path).await?.expect(200)?, unknown(&budi), "nor when it was");
    // Of nobody, the same is said.
    let nobody = "0198c0de-0000-7000-8000-000000000001";
    let ack = stranger.request("presence", json!({ "user_ids": [nobody] })).await?.ack()?;
    let expected = json!({ "user_id": nobody, "online": false, "last_seen_at": null });
    assert_eq!(ack, json!({ "presences": [expected] }));
    Ok(())
}

async fn who_ceases_to_share_a_conversation_learns_nothing_more(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let citra = http.register("citra").await?;
    let group = budi.http.create_group("Climbing", &[&citra.id]).await?;
    let (friend, former) = (device(&ayu).await?, device(&citra).await?);
    let phone = device(&budi).await?;
    watch(&friend, &[&budi]).await?;
    assert_eq!(watch(&former, &[&budi]).await?, json!([online(&budi)]));
    let member = format!("/v1/groups/{group}/members/{}", citra.id);
    budi.http.delete(&member).await?.expect(204)?;
    phone.close().await?;
    gone(&friend, &budi).await?;
    assert_lives(&former).await?;
    assert_eq!(told_of(&former, &budi), Vec::<Value>::new());
    assert_eq!(watch(&former, &[&budi]).await?, json!([unknown(&budi)]));
    Ok(())
}

async fn who_hides_is_not_there(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let watcher = device(&ayu).await?;
    let phone = device(&budi).await?;
    assert_eq!(watch(&watcher, &[&budi]).await?, json!([online(&budi)]));
    crate::stage::show(&budi, json!({ "presence": false })).await?.expect(200)?;
    watcher.wait_for("presence", |told| *told == unknown(&budi)).await?;
    let other = device(&ayu).await?;
    assert_eq!(watch(&other, &[&budi]).await?, json!([unknown(&budi)]));
    phone.close().await?;
    let _phone = device(&budi).await?;
    crate::stage::show(&budi, json!({ "presence": true })).await?.expect(200)?;
    for socket in [&watcher, &other] {
        socket.wait_for("presence", |told| *told == online(&budi)).await?;
    }
    assert_eq!(told_of(&watcher, &budi), [unknown(&budi), online(&budi)]);
    assert_eq!(told_of(&other, &budi), [online(&budi)]);
    Ok(())
}

async fn a_connection_watches_whom_it_named_last(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = two(http).await?;
    let citra = http.register("citra").await?;
    ayu.http.open_direct(&citra.id).await?;
    let watcher = device(&ayu).await?;
    watch(&watcher, &[&budi]).await?;
    watch(&watcher, &[&citra]).await?;
    let _phone = device(&budi).await?;
    let _tablet = device(&citra).await?;
    watcher.wait_for("presence", |told| *told == online(&citra)).await?;
    assert_eq!(told_of(&watcher, &budi), Vec::<Value>::new());
    assert_eq!(watch(&watcher, &[]).await?, json!([]));
    let many: Vec<_> = (0..101).map(|n| format!("0198c0de-0000-7000-8000-{n:012}")).collect();
    let refused = watcher.request("presence", json!({ "user_ids": many })).await?;
    assert_eq!(refused.code(), "request.invalid");
    Ok(())
}

async fn nobody_is_there_where_it_is_switched_off(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let watcher = device(&ayu).await?;
    assert_eq!(watch(&watcher, &[&budi]).await?, json!([unknown(&budi)]));
    let phone = device(&budi).await?;
    phone.send_message_to(&chat, "1", "here I am").await?;
    watcher.wait_for_entry(&chat, 1).await?;
    assert_eq!(watch(&watcher, &[&budi]).await?, json!([unknown(&budi)]));
    assert_eq!(told_of(&watcher, &budi), Vec::<Value>::new());
    Ok(())
}

async fn the_end_of_the_server_is_when_everybody_was_last_seen(
    settings: ServerSettings,
) -> anyhow::Result<()> {
    let mut server = settings.env("KABAR__DRAIN__SOCKET_SPREAD", "0ms").start().await?;
    let http = server.http();
    let (ayu, budi, _) = two(&http).await?;
    let phone = device(&budi).await?;
    server.terminate().await?;
    assert!(server.wait(Duration::from_secs(30)).await?.success(), "{:?}", server.lines());
    drop(phone);
    server.start_again().await?;
    let path = format!("/v1/users/{}/presence", budi.id);
    let seen = ayu.http.get(&path).await?.expect(200)?;
    assert_eq!(seen["online"], json!(false));
    assert!(seen["last_seen_at"].is_string(), "{seen}");
    Ok(())
}

fn settings() -> ServerSettings {
    ServerSettings::new(env!("CARGO_BIN_EXE_kabar"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_there_at_the_end_was_last_seen_then_on_sqlite() -> anyhow::Result<()> {
    the_end_of_the_server_is_when_everybody_was_last_seen(settings()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_there_at_the_end_was_last_seen_then_on_postgres() -> anyhow::Result<()> {
    let database = TestDatabase::create().await?;
    let settings = settings().database_url(database.url());
    the_end_of_the_server_is_when_everybody_was_last_seen(settings).await
}
