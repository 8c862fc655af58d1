//! A client that was away gets what it missed.

use kabar_testkit::client::{Account, Auth, HttpClient, WsClient};
use serde_json::{Value, json};

use crate::server::{assert_lives, device, positions, told, two, write_many};

on_each_database! {
    who_missed_nothing_gets_nothing,
    what_was_missed_comes_in_order,
    what_is_too_much_to_replay_is_left_to_be_paged,
    a_conversation_that_is_not_ones_own_is_told_to_be_gone,
    positions_of_another_log_are_forgotten,
    what_was_missed_comes_before_what_happens,
    wrong_positions_are_refused,
}

async fn sync(socket: &WsClient, positions: Value) -> anyhow::Result<Value> {
    socket.request("sync", json!({ "positions": positions })).await?.ack()
}

async fn who_missed_nothing_gets_nothing(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    ayu.http.post_message(&chat, "1", "hi").await?;
    let socket = device(&budi).await?;
    let synced = sync(&socket, json!({ &chat: 1 })).await?;
    let epoch = socket.wait_for("ready", |_| true).await?["epoch"].clone();
    let time = synced["time"].clone();
    assert_eq!(synced, json!({ "epoch": epoch, "time": time, "conversations": [] }));
    assert!(time.as_str().is_some_and(|time| time.len() == 24), "{time}");
    assert_eq!(positions(&socket, &chat), Vec::<u64>::new());
    ayu.http.post_message(&chat, "2", "still there?").await?;
    socket.wait_for_entry(&chat, 2).await?;
    Ok(())
}

async fn what_was_missed_comes_in_order(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    let other = ayu.http.create_group("Diving", &[&budi.id]).await?;
    write_many(&ayu, &chat, 0..30).await?;
    write_many(&ayu, &group, 0..10).await?;
    budi.http.put(&format!("/v1/conversations/{chat}/read"), &json!({"seq": 12})).await?;
    let log = budi.http.all_entries(&chat).await?;
    let group_log = budi.http.all_entries(&group).await?;

    let socket = device(&budi).await?;
    let synced = sync(&socket, json!({ &chat: 10, &group: 0 })).await?;
    assert_eq!(told(&socket, "entry", &chat), log[10..]);
    assert_eq!(told(&socket, "entry", &group), group_log);
    assert_eq!(told(&socket, "entry", &other), Vec::<Value>::new(), "it was not asked for");
    let of = |id: &str| {
        let all = synced["conversations"].as_array().into_iter().flatten();
        all.filter(|conversation| conversation["id"] == id).cloned().collect::<Vec<_>>()
    };
    let direct = json!({
        "id": chat, "kind": "direct", "head": 30, "last_seq": 30, "read_seq": 12,
        "delivered_seq": 12, "unread": 18, "mentions": 0, "marked_unread": false,
    });
    assert_eq!(of(&chat), [direct]);
    assert_eq!((&of(&group)[0]["head"], &of(&group)[0]["last_seq"]), (&json!(12), &json!(10)));
    assert_eq!(of(&other)[0]["head"], 2, "what the client did not name is listed");
    let names: Vec<_> = socket.events().into_iter().map(|event| event.name).collect();
    assert_eq!(names.last().map(String::as_str), Some("synced"), "the answer comes last");
    ayu.http.post_message(&other, "live", "hi").await?;
    socket.wait_for_entry(&other, 3).await?;
    Ok(())
}

async fn what_is_too_much_to_replay_is_left_to_be_paged(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    write_many(&ayu, &chat, 0..520).await?;
    let socket = device(&budi).await?;
    let synced = sync(&socket, json!({ &chat: 5 })).await?;
    assert_eq!(synced["conversations"][0]["head"], 520);
    assert_eq!(positions(&socket, &chat), (6..=505).collect::<Vec<_>>());
    let gap = json!({ "conversation_id": chat, "from": 505, "to": 520 });
    assert_eq!(told(&socket, "gap", &chat), [gap]);
    ayu.http.post_message(&chat, "live", "hi").await?;
    socket.wait_for_entry(&chat, 521).await?;
    assert_eq!(socket.verify_gapless()?.head(&chat), 521);

    let exact = device(&budi).await?;
    sync(&exact, json!({ &chat: 21 })).await?;
    assert_eq!(positions(&exact, &chat), (22..=521).collect::<Vec<_>>());
    assert_eq!(told(&exact, "gap", &chat), Vec::<Value>::new(), "five hundred are replayed");
    Ok(())
}

async fn a_conversation_that_is_not_ones_own_is_told_to_be_gone(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    let foreign = ayu.http.create_group("Secret", &[]).await?;
    budi.http.post(&format!("/v1/groups/{group}/leave"), &json!({})).await?.expect(204)?;
    let nowhere = "0198c0de-0000-7000-8000-000000000001";
    let socket = device(&budi).await?;
    let named = json!({ &chat: 0, &group: 2, &foreign: 0, nowhere: 7 });
    assert_eq!(sync(&socket, named).await?["conversations"], json!([]));
    for gone in [group.as_str(), &foreign, nowhere] {
        let removed = json!({ "conversation_id": gone });
        assert_eq!(told(&socket, "conversation.removed", gone), [removed], "all alike");
        assert_eq!(positions(&socket, gone), Vec::<u64>::new());
    }
    assert_eq!(told(&socket, "conversation.removed", &chat), Vec::<Value>::new());
    Ok(())
}

async fn positions_of_another_log_are_forgotten(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    ayu.http.post_message(&chat, "1", "hi").await?;
    let socket = device(&budi).await?;
    let epoch = socket.wait_for("ready", |_| true).await?["epoch"].clone();
    for wrong in [
        json!({ "epoch": "another", "positions": { &chat: 0 } }),
        json!({ "epoch": epoch, "positions": { &chat: 2, &group: 0 } }),
        json!({ "positions": { &chat: 9_007_199_254_740_991_u64 } }),
    ] {
        let synced = socket.request("sync", wrong).await?.ack()?;
        assert_eq!((&synced["reset"], &synced["epoch"]), (&json!(true), &epoch));
        let heads: Vec<_> = synced["conversations"].as_array().into_iter().flatten().collect();
        assert_eq!(heads.len(), 2, "all are listed: {synced}");
    }
    assert_eq!(positions(&socket, &chat), Vec::<u64>::new(), "nothing was replayed");
    let right = json!({ "epoch": epoch, "positions": { &chat: 0, &group: 0 } });
    let synced = socket.request("sync", right).await?.ack()?;
    assert_eq!(synced.get("reset"), None);
    assert_eq!((positions(&socket, &chat), positions(&socket, &group)), (vec![1], vec![1, 2]));
    ayu.http.post_message(&chat, "2", "live").await?;
    socket.wait_for_entry(&chat, 2).await?;
    Ok(())
}

/// Opens a socket whose `sync` follows its `auth` at once, as a client that knows what it has does.
async fn come_back(account: &Account, positions: &Value) -> anyhow::Result<(WsClient, String)> {
    let socket = WsClient::connect(account.http.base(), Auth::Nobody).await?;
    socket.send("auth", json!({ "token": account.access_token })).await?;
    let id = socket.send("sync", json!({ "positions": positions })).await?;
    Ok((socket, id))
}

async fn what_was_missed_comes_before_what_happens(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    write_many(&ayu, &chat, 0..40).await?;
    let writing = tokio::spawn({
        let (ayu, chat) = (ayu.clone(), chat.clone());
        async move { write_many(&ayu, &chat, 40..440).await }
    });
    let mut sockets = Vec::new();
    for round in 0..12_u64 {
        let (socket, id) = come_back(&budi, &json!({ &chat: 3 * round, &group: 0 })).await?;
        socket.reply(&id).await?.ack()?;
        sockets.push((3 * round, socket));
    }
    writing.await??;
    ayu.http.post_message(&chat, "last", "bye").await?;
    for (from, socket) in &sockets {
        socket.wait_for_entry(&chat, 441).await?;
        let seen = positions(socket, &chat);
        assert_eq!(seen, (from + 1..=441).collect::<Vec<_>>(), "each once, from the first");
        assert_eq!(positions(socket, &group), [1, 2]);
    }
    Ok(())
}

async fn wrong_positions_are_refused(http: &HttpClient) -> anyhow::Result<()> {
    let (_, budi, chat) = two(http).await?;
    let socket = device(&budi).await?;
    for wrong in ["-1", "18446744073709551615", "1e999", "1.5", "\"1\"", "null", "[]", "true"] {
        let frame = format!(
            r#"{{"event":"sync","id":"{}","data":{{"positions":{{"{chat}":{wrong}}}}}}}"#,
            wrong.replace('"', "'")
        );
        socket.send_text(frame).await?;
        let reply = socket.reply(&wrong.replace('"', "'")).await?;
        assert!(matches!(reply.code(), "request.invalid" | "request.malformed_json"), "{wrong}");
    }
    let many: Value = (0..1001)
        .map(|number| (format!("0198c0de-0000-7000-8000-{number:012}"), json!(1)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for wrong in [
        json!({ "positions": many }),
        json!({ "positions": { "not an id": 1 } }),
        json!({ "positions": { chat.to_uppercase(): 1 } }),
        json!({ "positions": [] }),
        json!({ "positions": {}, "since": "2026-03-01" }),
        json!({ "positions": {}, "since": 1_772_357_400_125_i64 }),
        json!({ "positions": {}, "epoch": 5 }),
        json!({ "positions": {}, "epoch": "x".repeat(65) }),
        json!({ "positions": {}, "user_id": budi.id }),
        json!({}),
    ] {
        assert_eq!(socket.request("sync", wrong).await?.code(), "request.invalid");
    }
    assert_lives(&socket).await
}
