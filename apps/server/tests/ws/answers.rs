//! Messages that are about others: replies, forwards, and those that call somebody.

use kabar_testkit::client::HttpClient;
use serde_json::{Value, json};

use crate::{
    server::{device, message},
    stage::Stage,
};

on_each_database! {
    a_reply_shows_what_it_answers_as_it_is_now,
    a_forward_shows_whose_words_it_has_and_not_where_they_were,
    only_what_one_may_read_is_forwarded,
    names_call_members,
    everybody_is_called_by_those_who_may,
}

async fn a_reply_shows_what_it_answers_as_it_is_now(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, citra) = (stage.ayu.clone(), stage.citra.clone());
    let asked = stage.post(&ayu, "1", "Who drives?").await?;
    let mut reply = message(&stage.group, "2", "I do");
    reply["reply_to"] = asked["id"].clone();
    let reply = stage.phone.request("message.send", reply).await?.ack()?["message"].clone();
    let quote = |body: &str, edited_at: &Value, deleted_at: &Value| {
        json!({
            "id": asked["id"], "seq": asked["seq"], "author_id": ayu.id, "body": body,
            "edited_at": edited_at, "deleted_at": deleted_at,
        })
    };
    let nothing = Value::Null;
    let entry = stage.seen("message.posted").await?;
    let posted = &entry["data"]["message"];
    assert_eq!((&posted["id"], &posted["reply_to"]), (&reply["id"], &asked["id"]));
    assert_eq!(posted["quote"], quote("Who drives?", &nothing, &nothing));

    let edit = stage.on_with(&asked, "body", "Who drives on Sunday?");
    stage.own.request("message.edit", edit).await?.ack()?;
    let edited_at = stage.seen("message.edited").await?["at"].clone();
    let shown = stage.shown(&citra, &reply).await?;
    assert_eq!(shown["quote"], quote("Who drives on Sunday?", &edited_at, &nothing));

    stage.own.request("message.delete", stage.on(&asked)).await?.ack()?;
    let deleted_at = stage.seen("message.deleted").await?["at"].clone();
    let shown = stage.shown(&citra, &reply).await?["quote"].clone();
    assert_eq!((&shown["body"], &shown["deleted_at"]), (&json!(""), &deleted_at));
    // Who was away gets the answer with the question gone.
    let back = device(&citra).await?;
    let from = entry["pos"].as_u64().unwrap_or_default() - 1;
    back.request("sync", json!({ "positions": { &stage.group: from } })).await?.ack()?;
    let replayed = back.wait_for_entry(&stage.group, from + 1).await?;
    assert_eq!(replayed["data"]["message"]["quote"], shown);
    Ok(())
}

async fn a_forward_shows_whose_words_it_has_and_not_where_they_were(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    let origin = ayu.http.post_message(&stage.chat, "1", "Meet at nine, @budi").await?;
    let forward = json!({
        "conversation_id": stage.group, "client_id": "2",
        "from_conversation_id": stage.chat, "message_id": origin["id"],
    });
    let sent = stage.phone.request("message.forward", forward.clone()).await?.ack()?;
    let sent = sent["message"].clone();
    let entry = stage.seen("message.posted").await?;
    assert_eq!(entry["data"]["message"], sent);
    assert_eq!((&sent["author_id"], &sent["body"]), (&json!(budi.id), &origin["body"]));
    let words = json!({ "author_id": ayu.id, "created_at": origin["created_at"] });
    assert_eq!((&sent["forwarded"], &sent["mentions"]), (&words, &json!([])), "it calls nobody");
    for secret in [&stage.chat, origin["id"].as_str().unwrap_or_default()] {
        assert!(!entry.to_string().contains(secret), "{entry}");
    }

    // The same client id is the same message, over both transports.
    assert_eq!(stage.phone.request("message.forward", forward).await?.ack()?["message"], sent);
    let again = json!({
        "client_id": "2", "from_conversation_id": stage.chat, "message_id": origin["id"],
    });
    let forwards = format!("/v1/conversations/{}/forwards", stage.group);
    assert_eq!(budi.http.post(&forwards, &again).await?.expect(200)?, sent);
    stage.assert_nothing_happened().await?;

    // A forward of a forward has the first one's words, and nobody puts others into their mouth.
    let onward = json!({
        "client_id": "3", "from_conversation_id": stage.group, "message_id": sent["id"],
    });
    let onward = ayu.http.post(&forwards, &onward).await?.expect(201)?;
    assert_eq!(stage.seen("message.posted").await?["data"]["message"], onward);
    assert_eq!(onward["forwarded"], words);
    let edit = stage.on_with(&onward, "body", "Meet at ten");
    let refused = stage.own.request("message.edit", edit).await?;
    assert_eq!(refused.code(), "chat.message_forwarded");
    // Deleting the first does not reach the copies.
    ayu.http
        .delete(&format!(
            "/v1/conversations/{}/messages/{}",
            stage.chat,
            origin["id"].as_str().unwrap_or_default()
        ))
        .await?
        .expect(204)?;
    assert_eq!(stage.shown(&budi, &sent).await?["body"], origin["body"]);
    Ok(())
}

async fn only_what_one_may_read_is_forwarded(http: &HttpClient) -> anyhow::Result<()> {
    let stage = Stage::set(http).await?;
    let origin = stage.ayu.http.post_message(&stage.chat, "1", "between us").await?;
    let gone = stage.ayu.http.post_message(&stage.chat, "2", "not even that").await?;
    let path = |message: &Value| {
        let id = message["id"].as_str().unwrap_or_default();
        format!("/v1/conversations/{}/messages/{id}", stage.chat)
    };
    stage.ayu.http.delete(&path(&gone)).await?.expect(204)?;
    let citra = device(&stage.citra).await?;
    let forward = |to: &str, from: &str, message: &Value| {
        json!({
            "conversation_id": to, "client_id": "3", "from_conversation_id": from,
            "message_id": message["id"],
        })
    };
    let foreign = forward(&stage.group, &stage.chat, &origin);
    assert_eq!(citra.request("message.forward", foreign).await?.code(), "chat.source_not_found");
    let elsewhere = forward(&stage.group, &stage.group, &origin);
    let refused = stage.phone.request("message.forward", elsewhere).await?;
    assert_eq!(refused.code(), "chat.source_not_found", "the message is of another conversation");
    let deleted = forward(&stage.group, &stage.chat, &gone);
    let refused = stage.phone.request("message.forward", deleted).await?;
    assert_eq!(refused.code(), "chat.source_not_found");
    let own = stage.citra.http.post_message(&stage.group, "4", "mine").await?;
    let intrude = forward(&stage.chat, &stage.group, &own);
    let refused = citra.request("message.forward", intrude).await?;
    assert_eq!(refused.code(), "chat.conversation_not_found");
    Ok(())
}

async fn names_call_members(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    http.register("dewi").await?;
    let (budi, citra) = (stage.budi.clone(), stage.citra.clone());
    let body = "@citra, @BUDI. and @dewi, who is no member; mail@citra";
    let sent = stage.own.send_message_to(&stage.group, "1", body).await?;
    let entry = stage.seen("message.posted").await?;
    assert_eq!(entry["data"]["message"], sent);
    assert_eq!(sent["mentions"], json!([citra.id, budi.id]));
    assert_eq!(sent.get("mentions_all"), None);
    // An edit calls whom the new text calls.
    let edit = stage.on_with(&sent, "body", "only @budi");
    stage.own.request("message.edit", edit).await?.ack()?;
    let entry = stage.seen("message.edited").await?;
    assert_eq!(entry["data"]["message"]["mentions"], json!([budi.id]));
    assert_eq!(stage.shown(&citra, &sent).await?["mentions"], json!([budi.id]));
    Ok(())
}

async fn everybody_is_called_by_those_who_may(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let budi = stage.budi.clone();
    let by_member = stage.phone.send_message_to(&stage.group, "1", "@all: lunch").await?;
    let entry = stage.seen("message.posted").await?;
    assert_eq!(by_member.get("mentions_all"), None, "a member's is text");
    assert_eq!(entry["data"]["message"], by_member);
    stage.promote(&budi, "moderator").await?;
    let by_moderator = stage.phone.send_message_to(&stage.group, "2", "@all: lunch").await?;
    let entry = stage.seen("message.posted").await?;
    assert_eq!(entry["data"]["message"], by_moderator);
    assert_eq!(by_moderator["mentions_all"], json!(true));
    let direct = stage.own.send_message_to(&stage.chat, "3", "@all: lunch").await?;
    assert_eq!(direct.get("mentions_all"), None, "there is one other");
    Ok(())
}
