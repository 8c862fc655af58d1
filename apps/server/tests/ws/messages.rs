//! Sending and reading.

use std::collections::BTreeSet;

use kabar_testkit::client::HttpClient;
use serde_json::json;

use crate::server::{assert_lives, device, message, positions, told, two};

on_each_database! {
    a_message_reaches_every_device_of_every_member,
    one_client_id_is_one_message_however_it_is_sent,
    pipelined_sends_are_numbered_in_their_order,
    what_was_read_is_told_to_the_own_devices,
}

async fn a_message_reaches_every_device_of_every_member(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let stranger = device(&http.register("citra").await?).await?;
    let sender = device(&ayu).await?;
    let elsewhere = device(&http.log_in("ayu").await?).await?;
    let (phone, laptop) = (device(&budi).await?, device(&http.log_in("budi").await?).await?);

    let sent = sender.send_message_to(&chat, "first", "Selamat pagi!").await?;
    assert_eq!((&sent["seq"], &sent["pos"]), (&json!(1), &json!(1)));
    assert_eq!((&sent["author_id"], &sent["client_id"]), (&json!(ayu.id), &json!("first")));
    assert_eq!((&sent["body"], &sent["reply_to"]), (&json!("Selamat pagi!"), &json!(null)));
    let entry = sender.wait_for_entry(&chat, 1).await?;
    assert_eq!((&entry["type"], &entry["by"]), (&json!("message.posted"), &json!(ayu.id)));
    assert_eq!((&entry["data"]["message"], &entry["at"]), (&sent, &sent["created_at"]));

    let answer = json!({
        "conversation_id": chat, "client_id": "first", "body": "Pagi!", "reply_to": sent["id"],
    });
    let answer = phone.request("message.send", answer).await?.ack()?["message"].clone();
    assert_eq!((&answer["reply_to"], &answer["seq"]), (&sent["id"], &json!(2)));
    let posted = budi.http.post_message(&chat, "over-http", "And?").await?;

    for socket in [&sender, &elsewhere, &phone, &laptop] {
        assert_eq!(socket.wait_for_entry(&chat, 1).await?, entry);
        let second = socket.wait_for_entry(&chat, 2).await?;
        assert_eq!(second["data"]["message"], answer);
        assert_eq!(socket.wait_for_entry(&chat, 3).await?["data"]["message"], posted);
        assert_lives(socket).await?;
        assert_eq!(positions(socket, &chat), [1, 2, 3]);
    }
    assert_eq!(budi.http.all_entries(&chat).await?[0], entry, "the log says the same");
    assert_lives(&stranger).await?;
    assert_eq!(told(&stranger, "entry", &chat), Vec::<serde_json::Value>::new());
    Ok(())
}

async fn one_client_id_is_one_message_however_it_is_sent(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let reader = device(&budi).await?;
    let mut tries = Vec::new();
    for number in 0..20 {
        let (ayu, chat) = (ayu.clone(), chat.clone());
        tries.push(tokio::spawn(async move {
            if number % 2 == 0 {
                return ayu.http.post_message(&chat, "same", "once").await;
            }
            device(&ayu).await?.send_message_to(&chat, "same", "once").await
        }));
    }
    let mut answers = BTreeSet::new();
    for attempt in tries {
        answers.insert(attempt.await??.to_string());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let later = device(&ayu).await?.send_message_to(&chat, "same", "once").await?;
    assert!(answers.contains(&later.to_string()));
    let of_budi = reader.send_message_to(&chat, "same", "another author").await?;
    assert_eq!(of_budi["seq"], 2);
    reader.wait_for_entry(&chat, 2).await?;
    assert_eq!(positions(&reader, &chat), [1, 2]);
    assert_eq!(ayu.http.all_entries(&chat).await?.len(), 2);
    Ok(())
}

async fn pipelined_sends_are_numbered_in_their_order(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let (sender, rival) = (device(&ayu).await?, device(&budi).await?);
    let mut sent = Vec::new();
    for number in 0..60 {
        let text = number.to_string();
        sent.push(sender.send("message.send", message(&chat, &text, &text)).await?);
        rival.send("message.send", message(&chat, &text, "meanwhile")).await?;
    }
    let mut seqs = Vec::new();
    for id in &sent {
        seqs.push(sender.reply(id).await?.ack()?["message"]["seq"].as_u64());
    }
    assert!(seqs.is_sorted_by(|one, next| one < next), "{seqs:?}");
    sender.wait_for_entry(&chat, 120).await?;
    let log = sender.verify_gapless()?.entries(&chat);
    let own: Vec<_> = log
        .iter()
        .filter(|entry| entry["by"] == ayu.id.as_str())
        .map(|entry| entry["data"]["message"]["client_id"].clone())
        .collect();
    assert_eq!(own, (0..60).map(|number| json!(number.to_string())).collect::<Vec<_>>());
    let answers = sender.events().into_iter().filter_map(|event| event.id);
    assert_eq!(answers.collect::<Vec<_>>(), sent, "answers come in the order of the commands");
    rival.wait_for_entry(&chat, 120).await?;
    assert_eq!(rival.verify_gapless()?.entries(&chat), log, "one order for every reader");
    Ok(())
}

async fn what_was_read_is_told_to_the_own_devices(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let sender = device(&ayu).await?;
    let (phone, laptop) = (device(&budi).await?, device(&http.log_in("budi").await?).await?);
    for number in 1..=3 {
        sender.send_message_to(&chat, &number.to_string(), "hi").await?;
    }
    let read = async |seq: u64| {
        let data = json!({ "conversation_id": chat, "seq": seq });
        phone.request("read", data).await?.ack()
    };
    let cursor = |read: u64, unread: u64| {
        json!({
            "conversation_id": chat, "user_id": budi.id, "read_seq": read, "delivered_seq": read,
            "unread": unread, "mentions": 0, "marked_unread": false,
        })
    };
    let (two_read, all_read) = (cursor(2, 1), cursor(3, 0));
    assert_eq!(read(2).await?, two_read);
    assert_eq!(read(1).await?, two_read, "it never goes back");
    assert_eq!(read(9_007_199_254_740_991).await?, all_read, "nor past the last message");
    for socket in [&phone, &laptop] {
        socket.wait_for("read", |cursor| *cursor == all_read).await?;
        assert_lives(socket).await?;
        assert_eq!(told(socket, "read", &chat), [two_read.clone(), all_read.clone()]);
    }
    Ok(())
}
