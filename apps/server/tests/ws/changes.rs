//! What people do to messages: each is seen by a second user's second device at once, and by who was
//! away after `sync`.

use kabar_testkit::{
    PATIENCE,
    client::{Account, Answer, HttpClient, Reply},
    eventually,
};
use serde_json::{Value, json};

use crate::{
    server::{device, two},
    stage::Stage,
};

on_each_database! {
    an_edit_is_seen_by_everybody,
    only_the_author_edits,
    nobody_edits_late with no_window,
    a_deleted_message_is_seen_to_be_gone,
    moderators_delete_what_others_wrote,
    what_was_deleted_is_found_in_no_replay,
    reactions_are_seen_by_everybody,
    a_message_has_at_most_twenty_different_emojis,
    a_pin_is_seen_by_everybody,
    both_pin_in_a_direct_conversation,
    what_is_not_ones_own_is_as_what_is_not_there,
}

fn no_window(config: &mut kabar_server::config::Config) {
    config.chat.edit_window = std::time::Duration::ZERO;
}

/// Whether a command was refused so, and its twin over HTTP with the same.
fn assert_refused(over_socket: &Reply, over_http: &Answer, code: &str) {
    assert_eq!((over_socket.code(), over_http.code()), (code, code));
}

async fn an_edit_is_seen_by_everybody(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, citra) = (stage.ayu.clone(), stage.citra.clone());
    let posted = stage.post(&ayu, "1", "Selamat pagi!").await?;
    assert_eq!((&posted["edited_at"], &posted["deleted_at"]), (&json!(null), &json!(null)));

    let edit = stage.on_with(&posted, "body", "Selamat siang!");
    let edited = stage.own.request("message.edit", edit.clone()).await?.ack()?["message"].clone();
    let entry = stage.seen("message.edited").await?;
    assert_eq!(entry["by"], ayu.id.as_str());
    assert_eq!(entry["data"]["message"], edited, "without reactions, both are the same");
    assert_eq!((&edited["body"], &edited["edited_at"]), (&json!("Selamat siang!"), &entry["at"]));
    for same in ["id", "seq", "pos", "author_id", "client_id", "created_at"] {
        assert_eq!(edited[same], posted[same], "{same}");
    }
    assert_eq!(stage.shown(&citra, &posted).await?, edited);

    let over_http = json!({ "body": "Selamat malam!" });
    let path = stage.path(&posted, "");
    let edited = ayu.http.patch(&path, &over_http).await?.expect(200)?;
    let entry = stage.seen("message.edited").await?;
    assert_eq!((&entry["data"]["message"], &edited["body"]), (&edited, &json!("Selamat malam!")));

    // The text it has already changes nothing.
    ayu.http.patch(&path, &over_http).await?.expect(200)?;
    stage.assert_nothing_happened().await
}

async fn only_the_author_edits(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let budi = stage.budi.clone();
    let posted = stage.post(&budi, "1", "mine").await?;
    let edit = stage.on_with(&posted, "body", "yours");
    let refused = stage.own.request("message.edit", edit).await?;
    let body = json!({ "body": "yours" });
    let over_http = stage.ayu.http.patch(&stage.path(&posted, ""), &body).await?;
    assert_refused(&refused, &over_http, "chat.forbidden");
    for (body, field) in [("", "body"), ("  ", "body"), ("a\u{0}b", "body")] {
        let edit = stage.on_with(&posted, "body", body);
        let Reply::Error(problem) = stage.phone.request("message.edit", edit).await? else {
            anyhow::bail!("{body:?} was accepted");
        };
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    stage.assert_nothing_happened().await
}

async fn nobody_edits_late(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let ayu = stage.ayu.clone();
    let posted = stage.post(&ayu, "1", "too late").await?;
    // The window is over a millisecond after the posting, by the server's clock.
    eventually("the window is over", PATIENCE, async || {
        let Ok(later) = device(&ayu).await else { return false };
        let ready = later.events().into_iter().find(|event| event.name == "ready");
        ready.is_some_and(|ready| ready.content["time"].as_str() > posted["created_at"].as_str())
    })
    .await?;
    let edit = stage.on_with(&posted, "body", "never");
    let refused = stage.own.request("message.edit", edit).await?;
    let body = json!({ "body": "never" });
    let over_http = ayu.http.patch(&stage.path(&posted, ""), &body).await?;
    assert_refused(&refused, &over_http, "chat.edit_window_over");
    stage.assert_nothing_happened().await
}

async fn a_deleted_message_is_seen_to_be_gone(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, citra) = (stage.ayu.clone(), stage.citra.clone());
    let posted = stage.post(&ayu, "1", "a slip of the tongue").await?;
    let done = stage.own.request("message.delete", stage.on(&posted)).await?.ack()?;
    assert_eq!(done, json!({}));
    let entry = stage.seen("message.deleted").await?;
    assert_eq!(entry["data"], json!({ "message_id": posted["id"], "seq": posted["seq"] }));
    let gone = stage.shown(&citra, &posted).await?;
    let mut expected = posted.clone();
    expected["body"] = json!("");
    expected["deleted_at"] = entry["at"].clone();
    assert_eq!(gone, expected, "it keeps its place and nothing else");

    // Again changes nothing, and nothing can be done to it any more.
    stage.own.request("message.delete", stage.on(&posted)).await?.ack()?;
    ayu.http.delete(&stage.path(&posted, "")).await?.expect(204)?;
    for (command, field, value) in
        [("message.edit", "body", "x"), ("reaction.add", "emoji", "👍"), ("message.pin", "", "")]
    {
        let data = match field {
            "" => stage.on(&posted),
            field => stage.on_with(&posted, field, value),
        };
        let refused = stage.own.request(command, data).await?;
        assert_eq!(refused.code(), "chat.message_deleted", "{command}");
    }
    stage.assert_nothing_happened().await
}

async fn moderators_delete_what_others_wrote(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    let posted = stage.post(&ayu, "1", "of the owner").await?;
    let refused = stage.phone.request("message.delete", stage.on(&posted)).await?;
    let over_http = budi.http.delete(&stage.path(&posted, "")).await?;
    assert_refused(&refused, &over_http, "chat.forbidden");
    stage.promote(&budi, "moderator").await?;
    stage.phone.request("message.delete", stage.on(&posted)).await?.ack()?;
    let entry = stage.seen("message.deleted").await?;
    assert_eq!(entry["by"], budi.id.as_str());
    Ok(())
}

async fn what_was_deleted_is_found_in_no_replay(http: &HttpClient) -> anyhow::Result<()> {
    const CANARY: &str = "canary-of-a-secret";
    let mut stage = Stage::set(http).await?;
    let (ayu, citra) = (stage.ayu.clone(), stage.citra.clone());
    let posted = stage.post(&ayu, "1", CANARY).await?;
    let edit = stage.on_with(&posted, "body", &format!("{CANARY}, edited @citra"));
    stage.own.request("message.edit", edit).await?.ack()?;
    let answer = json!({
        "conversation_id": stage.group, "client_id": "2", "body": "really?", "reply_to": posted["id"],
    });
    stage.phone.request("message.send", answer).await?.ack()?;
    stage.own.request("message.pin", stage.on(&posted)).await?.ack()?;
    stage.own.request("message.delete", stage.on(&posted)).await?.ack()?;
    let head = ayu.http.all_entries(&stage.group).await?.len() as u64;
    stage.laptop.wait_for_entry(&stage.group, head).await?;

    let back = device(&citra).await?;
    let sync = json!({ "positions": { &stage.group: 0 }, "since": stage.since });
    back.request("sync", sync).await?.ack()?;
    back.wait_for_entry(&stage.group, head).await?;
    for event in back.events() {
        assert!(!event.content.to_string().contains(CANARY), "{event:?}");
    }
    for path in [
        format!("/v1/conversations/{}/messages", stage.group),
        format!("/v1/conversations/{}/entries", stage.group),
        format!("/v1/conversations/{}/pins", stage.group),
        "/v1/notifications".to_owned(),
    ] {
        let answer = citra.http.get(&path).await?;
        assert_eq!((answer.status, answer.text.contains(CANARY)), (200, false), "{path}");
    }
    Ok(())
}

async fn reactions_are_seen_by_everybody(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi, citra) = (stage.ayu.clone(), stage.budi.clone(), stage.citra.clone());
    let posted = stage.post(&ayu, "1", "Coffee?").await?;
    let thumb = stage.on_with(&posted, "emoji", "👍");

    let changed = stage.phone.request("reaction.add", thumb.clone()).await?.ack()?;
    let mine = json!([{ "emoji": "👍", "count": 1, "mine": true }]);
    assert_eq!(changed["message"]["reactions"], mine);
    let entry = stage.seen("reaction.added").await?;
    let added = |count: u32, emoji: &str| {
        json!({
            "message_id": posted["id"], "seq": posted["seq"], "emoji": emoji, "count": count,
        })
    };
    assert_eq!((&entry["by"], &entry["data"]), (&json!(budi.id), &added(1, "👍")));

    let path = stage.path(&posted, "/reactions/%F0%9F%91%8D");
    ayu.http.put(&path, &json!({})).await?.expect(200)?;
    assert_eq!(stage.seen("reaction.added").await?["data"], added(2, "👍"));
    // Once more changes nothing.
    stage.phone.request("reaction.add", thumb.clone()).await?.ack()?;
    stage.assert_nothing_happened().await?;
    // Two spellings, one reaction.
    let heart = stage.on_with(&posted, "emoji", "❤");
    stage.phone.request("reaction.add", heart).await?.ack()?;
    assert_eq!(stage.seen("reaction.added").await?["data"], added(1, "❤️"));

    let reactions =
        async |to: &Account| anyhow::Ok(stage.shown(to, &posted).await?["reactions"].clone());
    let counts = |mine: [bool; 2]| {
        json!([
            { "emoji": "👍", "count": 2, "mine": mine[0] },
            { "emoji": "❤️", "count": 1, "mine": mine[1] },
        ])
    };
    assert_eq!(reactions(&ayu).await?, counts([true, false]));
    assert_eq!(reactions(&budi).await?, counts([true, true]));
    assert_eq!(reactions(&citra).await?, counts([false, false]));

    stage.phone.request("reaction.remove", thumb.clone()).await?.ack()?;
    assert_eq!(stage.seen("reaction.removed").await?["data"], added(1, "👍"));
    stage.own.request("reaction.remove", thumb).await?.ack()?;
    assert_eq!(stage.seen("reaction.removed").await?["data"], added(0, "👍"));
    let left = json!([{ "emoji": "❤️", "count": 1, "mine": false }]);
    assert_eq!(stage.shown(&citra, &posted).await?["reactions"], left);

    for wrong in ["", "x", "👍👍", ":+1:", "👍 "] {
        let data = stage.on_with(&posted, "emoji", wrong);
        let Reply::Error(problem) = stage.phone.request("reaction.add", data).await? else {
            anyhow::bail!("{wrong:?} was accepted");
        };
        let blamed = (&problem["code"], &problem["errors"][0]["field"]);
        assert_eq!(blamed, (&json!("request.invalid"), &json!("emoji")), "{wrong:?}");
    }
    stage.assert_nothing_happened().await
}

async fn a_message_has_at_most_twenty_different_emojis(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let ayu = stage.ayu.clone();
    let posted = stage.post(&ayu, "1", "Fruit?").await?;
    let emojis: Vec<_> = "🍎🍐🍊🍋🍌🍉🍇🍓🍈🍒🍑🍍🥥🥝🍅🥑🍆🥔🥕🌽🥦".chars().collect();
    let (last, first) = emojis.split_last().unwrap_or((&' ', &[]));
    for (number, emoji) in first.iter().enumerate() {
        let data = stage.on_with(&posted, "emoji", &emoji.to_string());
        let by = if number % 2 == 0 { &stage.phone } else { &stage.own };
        by.request("reaction.add", data).await?.ack()?;
    }
    let data = stage.on_with(&posted, "emoji", &last.to_string());
    let refused = stage.phone.request("reaction.add", data).await?;
    assert_eq!((first.len(), refused.code()), (20, "chat.too_many_reactions"));
    // What is there already may be joined in.
    let data = stage.on_with(&posted, "emoji", "🍐");
    stage.phone.request("reaction.add", data).await?.ack()?;
    Ok(())
}

async fn a_pin_is_seen_by_everybody(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi, citra) = (stage.ayu.clone(), stage.budi.clone(), stage.citra.clone());
    let first = stage.post(&budi, "1", "Sunday at nine").await?;
    let second = stage.post(&budi, "2", "Bring ropes").await?;
    let refused = stage.phone.request("message.pin", stage.on(&first)).await?;
    let pins = format!("/v1/conversations/{}/pins", stage.group);
    let pin = |message: &Value| format!("{pins}/{}", message["id"].as_str().unwrap_or_default());
    let over_http = budi.http.put(&pin(&first), &json!({})).await?;
    assert_refused(&refused, &over_http, "chat.forbidden");

    let done = stage.own.request("message.pin", stage.on(&first)).await?.ack()?;
    assert_eq!(done, json!({}));
    let entry = stage.seen("message.pinned").await?;
    assert_eq!(entry["data"], json!({ "message_id": first["id"], "seq": first["seq"] }));
    ayu.http.put(&pin(&second), &json!({})).await?.expect(204)?;
    stage.seen("message.pinned").await?;
    stage.own.request("message.pin", stage.on(&second)).await?.ack()?;
    stage.assert_nothing_happened().await?;
    let pinned = async || {
        let list = citra.http.get(&pins).await?.expect(200)?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        anyhow::Ok(items.into_iter().map(|pin| pin["message"]["id"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(pinned().await?, [second["id"].clone(), first["id"].clone()], "the last one first");

    stage.own.request("message.unpin", stage.on(&second)).await?.ack()?;
    let entry = stage.seen("message.unpinned").await?;
    assert_eq!(entry["data"], json!({ "message_id": second["id"], "seq": second["seq"] }));
    // Deleting unpins, without an entry of its own.
    stage.own.request("message.delete", stage.on(&first)).await?.ack()?;
    stage.seen("message.deleted").await?;
    assert_eq!(pinned().await?, Vec::<Value>::new());
    stage.assert_nothing_happened().await
}

async fn both_pin_in_a_direct_conversation(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, chat) = two(http).await?;
    let (one, other) = (device(&ayu).await?, device(&budi).await?);
    let posted = one.send_message_to(&chat, "1", "The key is under the mat").await?;
    let on = json!({ "conversation_id": chat, "message_id": posted["id"] });
    other.request("message.pin", on.clone()).await?.ack()?;
    assert_eq!(one.wait_for_entry(&chat, 2).await?["type"], "message.pinned");
    one.request("message.unpin", on.clone()).await?.ack()?;
    assert_eq!(other.wait_for_entry(&chat, 3).await?["type"], "message.unpinned");
    // But only its author deletes a message there.
    let refused = other.request("message.delete", on).await?;
    assert_eq!(refused.code(), "chat.forbidden");
    Ok(())
}

async fn what_is_not_ones_own_is_as_what_is_not_there(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let ayu = stage.ayu.clone();
    let posted = stage.post(&ayu, "1", "among us").await?;
    let stranger = device(&http.register("dewi").await?).await?;
    let nowhere = "0198c0de-0000-7000-8000-000000000001";
    for (command, field, value) in [
        ("message.edit", "body", "x"),
        ("message.delete", "", ""),
        ("message.pin", "", ""),
        ("message.unpin", "", ""),
        ("reaction.add", "emoji", "👍"),
        ("reaction.remove", "emoji", "👍"),
    ] {
        let mut data = stage.on(&posted);
        if !field.is_empty() {
            data[field] = json!(value);
        }
        let foreign = stranger.request(command, data.clone()).await?;
        assert_eq!(foreign.code(), "chat.message_not_found", "{command}");
        data["conversation_id"] = json!(nowhere);
        assert_eq!(stranger.request(command, data.clone()).await?, foreign, "{command}");
        // A message of another conversation that one is in is not there either.
        data["conversation_id"] = json!(stage.chat);
        assert_eq!(stage.own.request(command, data).await?, foreign, "{command}");
    }
    for (command, data) in [
        ("typing", json!({ "conversation_id": stage.group })),
        ("unread", json!({ "conversation_id": stage.group })),
        ("delivered", json!({ "conversation_id": stage.group, "seq": 1 })),
    ] {
        let foreign = stranger.request(command, data.clone()).await?;
        assert_eq!(foreign.code(), "chat.conversation_not_found", "{command}");
        let mut data = data;
        data["conversation_id"] = json!(nowhere);
        assert_eq!(stranger.request(command, data).await?, foreign, "{command}");
    }
    stage.assert_nothing_happened().await
}
