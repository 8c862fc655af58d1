//! Who is typing: told to the others' devices, and kept nowhere.

use std::slice;

use kabar_testkit::client::HttpClient;
use serde_json::{Value, json};

use crate::{
    server::{assert_lives, device, told},
    stage::{Stage, show},
};

on_each_database! {
    others_see_who_is_typing,
    who_hides_it_is_not_seen_typing,
    nobody_is_seen_typing_where_it_is_switched_off with without_typing,
    nobody_is_seen_typing_among_too_many_devices with at_most_two_devices,
}

fn without_typing(config: &mut kabar_server::config::Config) {
    config.typing.enabled = false;
}

fn at_most_two_devices(config: &mut kabar_server::config::Config) {
    config.typing.max_devices = 2;
}

async fn others_see_who_is_typing(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let elsewhere = device(&http.log_in("ayu").await?).await?;
    let on = json!({ "conversation_id": stage.group });
    for _ in 0..5 {
        assert_eq!(stage.own.request("typing", on.clone()).await?.ack()?, json!({}));
    }
    let typing =
        json!({ "conversation_id": stage.group, "user_id": stage.ayu.id, "expires_in": 6 });
    for socket in [&stage.phone, &stage.laptop] {
        socket.wait_for("typing", |told| *told == typing).await?;
    }
    stage.assert_nothing_happened().await?;
    let (back, _) = stage.back().await?;
    assert_eq!(told(&back, "typing", &stage.group), Vec::<Value>::new(), "nothing is replayed");
    stage.settle("settle").await?;
    for socket in [&stage.phone, &stage.laptop] {
        assert_eq!(told(socket, "typing", &stage.group), slice::from_ref(&typing), "said once");
        assert_eq!(told(socket, "typing", &stage.chat), Vec::<Value>::new());
    }
    assert_lives(&elsewhere).await?;
    for socket in [&stage.own, &elsewhere] {
        assert_eq!(told(socket, "typing", &stage.group), Vec::<Value>::new(), "not one's own");
    }
    Ok(())
}

async fn who_hides_it_is_not_seen_typing(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    show(&stage.ayu, json!({ "typing": false })).await?.expect(200)?;
    let later = device(&stage.ayu).await?;
    let on = json!({ "conversation_id": stage.group });
    // What was connected before the change, and what came after it.
    for socket in [&stage.own, &later] {
        assert_eq!(socket.request("typing", on.clone()).await?.ack()?, json!({}));
    }
    stage.settle("settle").await?;
    assert_eq!(told(&stage.laptop, "typing", &stage.group), Vec::<Value>::new());
    show(&stage.ayu, json!({ "typing": true })).await?.expect(200)?;
    stage.own.request("typing", on).await?.ack()?;
    stage.laptop.wait_for("typing", |_| true).await?;
    Ok(())
}

async fn nobody_is_seen_typing_where_it_is_switched_off(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let on = json!({ "conversation_id": stage.group });
    assert_eq!(stage.own.request("typing", on).await?.ack()?, json!({}));
    stage.settle("settle").await?;
    assert_eq!(told(&stage.laptop, "typing", &stage.group), Vec::<Value>::new());
    Ok(())
}

async fn nobody_is_seen_typing_among_too_many_devices(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let on = json!({ "conversation_id": stage.group });
    assert_eq!(stage.own.request("typing", on).await?.ack()?, json!({}));
    stage.settle("settle").await?;
    assert_eq!(told(&stage.laptop, "typing", &stage.group), Vec::<Value>::new());
    Ok(())
}
