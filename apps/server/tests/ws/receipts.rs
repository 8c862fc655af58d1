//! How far members have received and read: told to their own devices and to the others at once, and to
//! who was away after `sync`.

use std::slice;

use kabar_testkit::client::{HttpClient, WsClient};
use serde_json::{Value, json};

use crate::{
    server::{assert_lives, device, told},
    stage::{Stage, back_since, show},
};

on_each_database! {
    what_was_read_is_shown_to_the_others,
    what_was_received_is_shown_to_the_others,
    marking_as_unread_is_seen_on_the_own_devices_only,
    who_hides_receipts_shows_none,
    nobody_is_shown_receipts_in_large_groups with groups_of_two,
    who_has_read_a_message_is_shown,
    a_device_that_missed_nothing_is_told_no_cursor,
}

fn groups_of_two(config: &mut kabar_server::config::Config) {
    config.chat.receipts_max_members = 2;
}

/// The events of this name about this user, in a conversation.
fn of(socket: &WsClient, name: &str, conversation: &str, user: &str) -> Vec<Value> {
    let events = told(socket, name, conversation);
    events.into_iter().filter(|event| event["user_id"] == user).collect()
}

async fn what_was_read_is_shown_to_the_others(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    stage.post(&ayu, "1", "one").await?;
    stage.post(&ayu, "2", "two, @budi").await?;
    let read = json!({ "conversation_id": stage.group, "seq": 1 });
    let own = stage.phone.request("read", read).await?.ack()?;
    let expected = json!({
        "conversation_id": stage.group, "user_id": budi.id, "read_seq": 1, "delivered_seq": 1,
        "unread": 1, "mentions": 1, "marked_unread": false,
    });
    assert_eq!(own, expected);
    let shown = json!({ "conversation_id": stage.group, "user_id": budi.id, "read_seq": 1 });
    assert_eq!(stage.laptop.wait_for("read", |read| *read == own).await?, own);
    assert_eq!(stage.own.wait_for("read", |read| *read == shown).await?, shown);
    let (back, _) = stage.back().await?;
    assert_eq!(of(&back, "read", &stage.group, &budi.id), slice::from_ref(&shown), "after sync");
    let (third, synced) = back_since(&budi, &stage.since, &[&stage.group, &stage.chat]).await?;
    assert_eq!(of(&third, "read", &stage.group, &budi.id), [own], "on the own device after sync");
    assert_eq!(synced["conversations"], json!([]), "which is all that is to be said");

    // What does not move is not told.
    let read = json!({ "conversation_id": stage.group, "seq": 1 });
    stage.laptop.request("read", read).await?.ack()?;
    stage.settle("settle").await?;
    assert_eq!(of(&stage.own, "read", &stage.group, &budi.id), [shown]);
    Ok(())
}

async fn what_was_received_is_shown_to_the_others(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    for number in 1..=3 {
        stage.post(&ayu, &number.to_string(), "hi").await?;
    }
    let delivered = json!({ "conversation_id": stage.group, "seq": 3 });
    let own = stage.phone.request("delivered", delivered).await?.ack()?;
    let numbers = ["delivered_seq", "read_seq", "unread"].map(|name| own[name].as_u64());
    assert_eq!(numbers, [Some(3), Some(0), Some(3)]);
    let shown = json!({ "conversation_id": stage.group, "user_id": budi.id, "delivered_seq": 3 });
    for device in stage.devices() {
        assert_eq!(device.wait_for("delivered", |told| *told == shown).await?, shown);
    }
    let (back, _) = stage.back().await?;
    assert_eq!(of(&back, "delivered", &stage.group, &budi.id), [shown], "after sync");
    assert_eq!(of(&back, "read", &stage.group, &budi.id), Vec::<Value>::new());

    // Reading delivers, and a cursor never goes back nor past the last message.
    let path = format!("/v1/conversations/{}/delivered", stage.group);
    let earlier = budi.http.put(&path, &json!({ "seq": 1 })).await?.expect(200)?;
    assert_eq!(earlier["delivered_seq"], 3);
    let later = budi.http.put(&path, &json!({ "seq": 99 })).await?.expect(200)?;
    assert_eq!(later["delivered_seq"], 3);
    let read = json!({ "conversation_id": stage.group, "seq": 2 });
    let own = stage.laptop.request("read", read).await?.ack()?;
    assert_eq!((&own["delivered_seq"], &own["read_seq"]), (&json!(3), &json!(2)));
    let (back, _) = stage.back().await?;
    assert_eq!(of(&back, "read", &stage.group, &budi.id)[0]["read_seq"], 2);
    assert_eq!(of(&back, "delivered", &stage.group, &budi.id)[0]["delivered_seq"], 3);
    Ok(())
}

async fn marking_as_unread_is_seen_on_the_own_devices_only(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    stage.post(&ayu, "1", "remember this").await?;
    let read = json!({ "conversation_id": stage.group, "seq": 1 });
    stage.phone.request("read", read.clone()).await?.ack()?;
    stage.own.wait_for("read", |told| told["user_id"] == budi.id.as_str()).await?;

    let on = json!({ "conversation_id": stage.group });
    let marked = stage.phone.request("unread", on).await?.ack()?;
    assert_eq!((&marked["marked_unread"], &marked["read_seq"]), (&json!(true), &json!(1)));
    assert_eq!(stage.laptop.wait_for("read", |told| *told == marked).await?, marked);
    let list = budi.http.get("/v1/conversations").await?.expect(200)?;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let flags = |items: &[Value]| {
        let of = items.iter().find(|item| item["id"] == stage.group.as_str());
        of.map(|item| item["marked_unread"].clone())
    };
    assert_eq!(flags(&items), Some(json!(true)));
    let (third, synced) = back_since(&budi, &stage.since, &[&stage.group, &stage.chat]).await?;
    assert_eq!(of(&third, "read", &stage.group, &budi.id), [marked], "after sync");
    assert_eq!(synced["conversations"], json!([]));

    // Reading takes the mark away, though there is nothing new to read.
    let read = stage.laptop.request("read", read).await?.ack()?;
    assert_eq!(read["marked_unread"], json!(false));
    stage.phone.wait_for("read", |told| told["marked_unread"] == json!(false)).await?;
    stage.settle("settle").await?;
    // What was read stays read: the others are told nothing else, however often.
    let shown = json!({ "conversation_id": stage.group, "user_id": budi.id, "read_seq": 1 });
    let seen = of(&stage.own, "read", &stage.group, &budi.id);
    assert!(seen.iter().all(|told| *told == shown), "{seen:?}");
    Ok(())
}

async fn who_hides_receipts_shows_none(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    show(&budi, json!({ "receipts": false })).await?.expect(200)?;
    stage.post(&ayu, "1", "hi").await?;
    let read = json!({ "conversation_id": stage.group, "seq": 1 });
    let own = stage.phone.request("read", read).await?.ack()?;
    stage.laptop.wait_for("read", |told| *told == own).await?;
    stage.settle("settle").await?;
    assert_eq!(told(&stage.own, "read", &stage.group), Vec::<Value>::new());
    let (back, _) = stage.back().await?;
    assert_eq!(of(&back, "read", &stage.group, &budi.id), Vec::<Value>::new());
    let receipts = format!("/v1/conversations/{}/receipts", stage.group);
    let listed = async || anyhow::Ok(ayu.http.get(&receipts).await?.expect(200)?["items"].clone());
    let of_budi = |items: &Value| items.to_string().contains(&budi.id);
    assert!(!of_budi(&listed().await?));

    show(&budi, json!({ "receipts": true })).await?.expect(200)?;
    assert!(of_budi(&listed().await?));
    Ok(())
}

async fn nobody_is_shown_receipts_in_large_groups(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    let posted = stage.post(&ayu, "1", "hi").await?;
    let read = json!({ "conversation_id": stage.group, "seq": 1 });
    stage.phone.request("read", read).await?.ack()?;
    let direct = ayu.http.post_message(&stage.chat, "1", "hi").await?;
    let read = json!({ "conversation_id": stage.chat, "seq": direct["seq"] });
    stage.phone.request("read", read).await?.ack()?;
    stage.own.wait_for("read", |told| told["conversation_id"] == stage.chat.as_str()).await?;
    stage.settle("settle").await?;
    assert_eq!(told(&stage.own, "read", &stage.group), Vec::<Value>::new());
    let (back, _) = stage.back().await?;
    assert_eq!(of(&back, "read", &stage.group, &budi.id), Vec::<Value>::new());
    for path in
        [format!("/v1/conversations/{}/receipts", stage.group), stage.path(&posted, "/receipts")]
    {
        let refused = ayu.http.get(&path).await?;
        assert_eq!((refused.status, refused.code()), (403, "chat.receipts_hidden"), "{path}");
    }
    Ok(())
}

async fn who_has_read_a_message_is_shown(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi, citra) = (stage.ayu.clone(), stage.budi.clone(), stage.citra.clone());
    stage.post(&ayu, "1", "one").await?;
    let second = stage.post(&ayu, "2", "two").await?;
    let receipts =
        async || anyhow::Ok(ayu.http.get(&stage.path(&second, "/receipts")).await?.expect(200)?);
    assert_eq!(receipts().await?, json!({ "read": [], "delivered": [] }));
    let to = |seq: u64| json!({ "conversation_id": stage.group, "seq": seq });
    stage.phone.request("read", to(1)).await?.ack()?;
    assert_eq!(receipts().await?, json!({ "read": [], "delivered": [] }));
    stage.phone.request("delivered", to(2)).await?.ack()?;
    assert_eq!(receipts().await?, json!({ "read": [], "delivered": [budi.id] }));
    let path = format!("/v1/conversations/{}/read", stage.group);
    citra.http.put(&path, &json!({ "seq": 2 })).await?.expect(200)?;
    assert_eq!(receipts().await?, json!({ "read": [citra.id], "delivered": [budi.id] }));
    Ok(())
}

async fn a_device_that_missed_nothing_is_told_no_cursor(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    stage.post(&ayu, "1", "hi").await?;
    let read = json!({ "conversation_id": stage.group, "seq": 1 });
    stage.phone.request("read", read).await?.ack()?;
    let positions = json!({ "positions": { &stage.group: 4, &stage.chat: 0 } });
    let silent = device(&budi).await?;
    silent.request("sync", positions).await?.ack()?;
    assert_eq!(told(&silent, "read", &stage.group), Vec::<Value>::new(), "it did not ask");
    let (later, _) =
        back_since(&budi, &json!("2099-01-01T00:00:00.000Z"), &[&stage.group, &stage.chat]).await?;
    assert_eq!(told(&later, "read", &stage.group), Vec::<Value>::new());
    assert_lives(&later).await
}
