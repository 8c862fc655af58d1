//! Messages that are sent on.

use kabar_testkit::client::HttpClient;
use reqwest::Method;
use serde_json::json;

use crate::{
    server::{assert_alike, assert_problem, somebody, text},
    two::{NOBODY, Two},
};

on_each_database! {
    a_forward_says_whose_words_it_has_and_not_from_where,
    only_what_one_may_read_is_forwarded,
}

async fn a_forward_says_whose_words_it_has_and_not_from_where(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let group = two.budi.http.create_group("Climbing", &[]).await?;
    let path = format!("/v1/conversations/{group}/forwards");
    let forward = json!({
        "client_id": "f", "from_conversation_id": two.direct, "message_id": two.message["id"],
    });
    let sent = two.budi.http.post(&path, &forward).await?.expect(201)?;
    assert_eq!(text(&sent, "/body"), "where shall we meet?");
    assert_eq!((text(&sent, "/author_id"), text(&sent, "/client_id")), (two.budi.id.as_str(), "f"));
    let origin = json!({"author_id": two.ayu.id, "created_at": two.message["created_at"]});
    assert_eq!(sent["forwarded"], origin);
    assert!(!sent.to_string().contains(&two.direct), "where it comes from is nobody's business");

    let mine = format!("/v1/conversations/{group}/messages/{}", text(&sent, "/id"));
    let refused = two.budi.http.patch(&mine, &json!({"body": "not my words"})).await?;
    assert_problem(&refused, 409, "chat.message_forwarded")?;
    let further = json!({"from_conversation_id": group, "message_id": sent["id"]});
    let further = two.budi.http.post(&path, &further).await?.expect(201)?;
    assert_eq!(further["forwarded"], origin, "a forward of a forward has the first author");

    two.ayu.http.delete(&two.path()).await?.expect(204)?;
    assert_eq!(two.budi.http.post(&path, &forward).await?.expect(200)?, sent, "a retry");
    let keyed = two.budi.http.request(Method::POST, &path).header("Idempotency-Key", "f");
    let unnamed = json!({"from_conversation_id": two.direct, "message_id": two.message["id"]});
    assert_eq!(two.budi.http.send(keyed.json(&unnamed)).await?.expect(200)?, sent);
    let deleted = two.budi.http.post(&path, &unnamed).await?;
    assert_problem(&deleted, 422, "chat.source_not_found")
}

async fn only_what_one_may_read_is_forwarded(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let eve = somebody(http, "eve").await?;
    let notes = eve.http.open_direct(&eve.id).await?;
    let path = format!("/v1/conversations/{notes}/forwards");
    let forward =
        |from: &str, message: &str| json!({"from_conversation_id": from, "message_id": message});
    let id = text(&two.message, "/id");
    let theirs = eve.http.post(&path, &forward(&two.direct, id)).await?;
    assert_problem(&theirs, 422, "chat.source_not_found")?;
    for (from, message) in [(NOBODY, id), (notes.as_str(), id), (notes.as_str(), NOBODY)] {
        assert_alike(&theirs, &eve.http.post(&path, &forward(from, message)).await?)?;
    }
    let own = eve.http.post_message(&notes, "1", "a note").await?;
    let own = forward(&notes, text(&own, "/id"));
    let elsewhere = format!("/v1/conversations/{}/forwards", two.direct);
    let refused = eve.http.post(&elsewhere, &own).await?;
    assert_problem(&refused, 404, "chat.conversation_not_found")?;
    let nowhere = eve.http.post(&format!("/v1/conversations/{NOBODY}/forwards"), &own).await?;
    assert_alike(&refused, &nowhere)
}
