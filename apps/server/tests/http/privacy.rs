//! What people show of themselves, and who is there.

use kabar_testkit::{
    PATIENCE,
    client::{Account, HttpClient, WsClient},
    eventually,
    server_process::ServerSettings,
};
use serde_json::{Value, json};

use crate::server::{Server, assert_alike, assert_problem, somebody, text};

on_each_database! {
    one_decides_what_one_shows,
    who_shares_a_conversation_sees_who_is_there,
    a_stranger_is_told_what_is_told_of_nobody,
    who_hides_is_as_if_never_there,
}

async fn presence(of: &Account, by: &Account) -> anyhow::Result<Value> {
    by.http.get(&format!("/v1/users/{}/presence", of.id)).await?.expect(200)
}

fn unknown(of: &Account) -> Value {
    json!({"user_id": of.id, "online": false, "last_seen_at": null})
}

fn online(of: &Account) -> Value {
    json!({"user_id": of.id, "online": true, "last_seen_at": null})
}

async fn device(of: &Account) -> anyhow::Result<WsClient> {
    WsClient::ready(of.http.base(), &of.access_token).await
}

async fn one_decides_what_one_shows(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let path = "/v1/users/me/privacy";
    let everything = json!({"receipts": true, "typing": true, "presence": true});
    assert_eq!(ayu.http.get(path).await?.expect(200)?, everything);
    let mut expected = everything.clone();
    for (field, shown) in
        [("typing", false), ("presence", false), ("receipts", false), ("typing", true)]
    {
        expected[field] = json!(shown);
        let mut change = json!({"receipts": null});
        change[field] = json!(shown);
        for _ in 0..2 {
            assert_eq!(ayu.http.patch(path, &change).await?.expect(200)?, expected);
        }
        assert_eq!(ayu.http.get(path).await?.expect(200)?, expected);
    }
    assert_eq!(ayu.http.patch(path, &json!({})).await?.expect(200)?, expected);
    assert_eq!(budi.http.get(path).await?.expect(200)?, everything);
    for wrong in [json!(1), json!("false"), json!([])] {
        let refused = ayu.http.patch(path, &json!({"presence": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "presence");
    }
    Ok(())
}

async fn who_shares_a_conversation_sees_who_is_there(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    ayu.http.open_direct(&budi.id).await?;
    assert_eq!(presence(&budi, &ayu).await?, unknown(&budi), "never there so far");
    let (phone, laptop) = (device(&budi).await?, device(&http.log_in("budi").await?).await?);
    assert_eq!(presence(&budi, &ayu).await?, online(&budi));
    assert_eq!(presence(&budi, &budi).await?, online(&budi));
    drop(phone);
    assert_eq!(presence(&budi, &ayu).await?, online(&budi), "there is another device");
    drop(laptop);
    eventually("budi is gone", PATIENCE, async || {
        presence(&budi, &ayu).await.is_ok_and(|presence| {
            presence["online"] == false && presence["last_seen_at"].is_string()
        })
    })
    .await?;
    let _back = device(&budi).await?;
    assert_eq!(presence(&budi, &ayu).await?, online(&budi));
    Ok(())
}

async fn a_stranger_is_told_what_is_told_of_nobody(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, eve) = (somebody(http, "ayu").await?, somebody(http, "eve").await?);
    let _device = device(&ayu).await?;
    assert_eq!(presence(&ayu, &eve).await?, unknown(&ayu));
    let nobody = eve.http.get("/v1/users/0198c0de-0000-7000-8000-000000000001/presence").await?;
    let mut stranger = eve.http.get(&format!("/v1/users/{}/presence", ayu.id)).await?;
    stranger.body["user_id"] = nobody.body["user_id"].clone();
    assert_alike(&stranger, &nobody)?;

    let group = ayu.http.create_group("Climbing", &[&eve.id]).await?;
    assert_eq!(presence(&ayu, &eve).await?, online(&ayu), "a member sees it");
    ayu.http.delete(&format!("/v1/groups/{group}/members/{}", eve.id)).await?.expect(204)?;
    assert_eq!(presence(&ayu, &eve).await?, unknown(&ayu), "a former member does not");
    Ok(())
}

async fn who_hides_is_as_if_never_there(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    ayu.http.open_direct(&budi.id).await?;
    let _device = device(&budi).await?;
    assert_eq!(presence(&budi, &ayu).await?, online(&budi));
    let hide = json!({"presence": false});
    budi.http.patch("/v1/users/me/privacy", &hide).await?.expect(200)?;
    assert_eq!(presence(&budi, &ayu).await?, unknown(&budi));
    let show = json!({"presence": true});
    budi.http.patch("/v1/users/me/privacy", &show).await?.expect(200)?;
    assert_eq!(presence(&budi, &ayu).await?, online(&budi));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_presence_is_switched_off_nobody_is_there() -> anyhow::Result<()> {
    let server = Server::start(false, |config| config.presence.enabled = false).await?;
    let (ayu, budi) = (somebody(&server.http, "ayu").await?, somebody(&server.http, "budi").await?);
    ayu.http.open_direct(&budi.id).await?;
    let phone = device(&budi).await?;
    assert_eq!(presence(&budi, &ayu).await?, unknown(&budi));
    assert_eq!(presence(&budi, &budi).await?, unknown(&budi));
    drop(phone);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_there_when_the_server_ends_was_last_seen_then() -> anyhow::Result<()> {
    let mut server = ServerSettings::new(env!("CARGO_BIN_EXE_kabar")).start().await?;
    let (ayu, budi) =
        (somebody(&server.http(), "ayu").await?, somebody(&server.http(), "budi").await?);
    ayu.http.open_direct(&budi.id).await?;
    let _phone = device(&budi).await?;
    server.terminate().await?;
    anyhow::ensure!(server.wait(PATIENCE).await?.success(), "the server did not end in order");
    server.start_again().await?;
    let seen = presence(&budi, &ayu).await?;
    assert_eq!(
        (&seen["online"], text(&seen, "/last_seen_at").len()),
        (&json!(false), 24),
        "{seen}"
    );
    assert_eq!(presence(&ayu, &budi).await?, unknown(&ayu), "who never was there");
    Ok(())
}
