//! Messages that are edited or deleted, and what shows them.

use kabar_testkit::client::HttpClient;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Server, assert_alike, assert_problem, somebody, text},
    two::{NOBODY, Two, put, reaction, types},
};

on_each_database! {
    an_edit_replaces_the_text_for_everybody,
    only_its_author_edits_a_message,
    a_deleted_message_keeps_its_place_and_nothing_else,
    who_moderates_deletes_what_others_wrote,
    a_reply_shows_what_it_answers_as_it_is_now,
    members_are_called_by_name_and_everybody_by_those_who_may,
    an_unknown_message_cannot_be_changed,
}

async fn an_edit_replaces_the_text_for_everybody(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let edit = json!({"body": "where shall we eat?"});
    let edited = two.ayu.http.patch(&two.path(), &edit).await?.expect(200)?;
    assert_eq!(text(&edited, "/body"), "where shall we eat?");
    assert_eq!(text(&edited, "/edited_at").len(), 24);
    for same in ["id", "seq", "pos", "author_id", "client_id", "created_at", "deleted_at"] {
        assert_eq!(edited[same], two.message[same], "{same}");
    }
    assert_eq!(two.budi.http.get(&two.path()).await?.expect(200)?, edited);
    let again = two.ayu.http.patch(&two.path(), &edit).await?.expect(200)?;
    assert_eq!(again, edited, "the same text again changes nothing");

    let entries = two.budi.http.all_entries(&two.direct).await?;
    assert_eq!(entries.len(), 2);
    assert_eq!(text(&entries[1], "/type"), "message.edited");
    assert_eq!((&entries[1]["pos"], text(&entries[1], "/by")), (&json!(2), two.ayu.id.as_str()));
    for entry in &entries {
        assert_eq!(text(entry, "/data/message/body"), "where shall we eat?", "its present state");
    }
    for wrong in ["", " ", "a\0b", &"x".repeat(16 * 1024 + 1)] {
        let refused = two.ayu.http.patch(&two.path(), &json!({"body": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "body");
    }
    Ok(())
}

async fn only_its_author_edits_a_message(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let refused = two.budi.http.patch(&two.path(), &json!({"body": "mine"})).await?;
    assert_problem(&refused, 403, "chat.forbidden")?;

    let group = two.ayu.http.create_group("Climbing", &[&two.budi.id]).await?;
    let message = two.budi.http.post_message(&group, "g", "hello").await?;
    let path = format!("/v1/conversations/{group}/messages/{}", text(&message, "/id"));
    let refused = two.ayu.http.patch(&path, &json!({"body": "of the owner"})).await?;
    assert_problem(&refused, 403, "chat.forbidden")?;

    two.ayu.http.delete(&two.path()).await?.expect(204)?;
    let late = two.ayu.http.patch(&two.path(), &json!({"body": "back?"})).await?;
    assert_problem(&late, 409, "chat.message_deleted")
}

async fn a_deleted_message_keeps_its_place_and_nothing_else(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    put(&two.budi, &reaction(&two.path(), "👍")).await?.expect(200)?;
    put(&two.budi, &two.pin_path(&two.message)).await?.expect(204)?;
    let gone = two.ayu.http.delete(&two.path()).await?;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    two.ayu.http.delete(&two.path()).await?.expect(204)?;

    let tombstone = two.budi.http.get(&two.path()).await?.expect(200)?;
    assert_eq!((text(&tombstone, "/body"), &tombstone["reactions"]), ("", &json!([])));
    assert_eq!(text(&tombstone, "/deleted_at").len(), 24);
    for same in ["id", "seq", "pos", "author_id", "client_id", "created_at", "reply_to"] {
        assert_eq!(tombstone[same], two.message[same], "{same}");
    }
    let pins = format!("/v1/conversations/{}/pins", two.direct);
    let none = json!({"items": [], "has_more": false});
    assert_eq!(two.ayu.http.get(&pins).await?.expect(200)?, none);
    let entries = two.ayu.http.all_entries(&two.direct).await?;
    let deleted = entries.last().cloned().unwrap_or_default();
    assert_eq!(text(&deleted, "/type"), "message.deleted");
    assert_eq!(deleted["data"], json!({"message_id": two.message["id"], "seq": 1}));
    assert_eq!(entries.len(), 4, "deleting it again is no entry");

    let late = put(&two.budi, &reaction(&two.path(), "👍")).await?;
    assert_problem(&late, 409, "chat.message_deleted")?;
    let late = put(&two.budi, &two.pin_path(&two.message)).await?;
    assert_problem(&late, 409, "chat.message_deleted")?;
    // The same client id is the same message, for ever.
    let body = json!({"client_id": "first", "body": "where shall we meet?"});
    let path = format!("/v1/conversations/{}/messages", two.direct);
    assert_eq!(two.ayu.http.post(&path, &body).await?.expect(200)?, tombstone);
    Ok(())
}

async fn who_moderates_deletes_what_others_wrote(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let refused = two.budi.http.delete(&two.path()).await?;
    assert_problem(&refused, 403, "chat.forbidden")?;
    let group = two.ayu.http.create_group("Climbing", &[&two.budi.id]).await?;
    let of_owner = two.ayu.http.post_message(&group, "a", "of the owner").await?;
    let path = format!("/v1/conversations/{group}/messages/{}", text(&of_owner, "/id"));
    assert_problem(&two.budi.http.delete(&path).await?, 403, "chat.forbidden")?;
    let member = format!("/v1/groups/{group}/members/{}", two.budi.id);
    two.ayu.http.patch(&member, &json!({"role": "moderator"})).await?.expect(200)?;
    two.budi.http.delete(&path).await?.expect(204)?;
    let entries = two.ayu.http.all_entries(&group).await?;
    assert_eq!(entries.last().map(|entry| text(entry, "/by")), Some(two.budi.id.as_str()));
    Ok(())
}

async fn a_reply_shows_what_it_answers_as_it_is_now(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let path = format!("/v1/conversations/{}/messages", two.direct);
    let reply = json!({"body": "at the rock", "reply_to": two.message["id"]});
    let reply = two.budi.http.post(&path, &reply).await?.expect(201)?;
    let reply_path = format!("{path}/{}", text(&reply, "/id"));
    let mut quote = json!({
        "id": two.message["id"], "seq": 1, "author_id": two.ayu.id,
        "body": "where shall we meet?", "edited_at": null, "deleted_at": null,
    });
    assert_eq!(two.budi.http.get(&reply_path).await?.expect(200)?["quote"], quote);

    let long = "é".repeat(300);
    let edited = two.ayu.http.patch(&two.path(), &json!({"body": long})).await?.expect(200)?;
    quote["body"] = json!("é".repeat(200));
    quote["edited_at"] = edited["edited_at"].clone();
    assert_eq!(two.ayu.http.get(&reply_path).await?.expect(200)?["quote"], quote);

    two.ayu.http.delete(&two.path()).await?.expect(204)?;
    let shown = two.ayu.http.get(&reply_path).await?.expect(200)?;
    assert_eq!((text(&shown, "/quote/body"), text(&shown, "/body")), ("", "at the rock"));
    assert_eq!(text(&shown, "/quote/deleted_at").len(), 24);
    let entries = two.ayu.http.all_entries(&two.direct).await?;
    assert_eq!(entries[1]["data"]["message"]["quote"], shown["quote"]);
    Ok(())
}

async fn members_are_called_by_name_and_everybody_by_those_who_may(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let eve = somebody(http, "eve").await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    let said = ayu.http.post_message(&group, "1", "@Budi, @eve and @all: come!").await?;
    assert_eq!((&said["mentions"], &said["mentions_all"]), (&json!([budi.id]), &json!(true)));
    let said = budi.http.post_message(&group, "2", "@all @ayu coming").await?;
    assert_eq!((&said["mentions"], said.get("mentions_all")), (&json!([ayu.id]), None));
    let path = format!("/v1/conversations/{group}/messages/{}", text(&said, "/id"));
    let edited = budi.http.patch(&path, &json!({"body": "coming"})).await?.expect(200)?;
    assert_eq!(edited["mentions"], json!([]));
    let shown = ayu.http.get(&format!("/v1/conversations/{group}")).await?.expect(200)?;
    assert_eq!((&shown["unread"], &shown["mentions"]), (&json!(1), &json!(0)));
    let shown = budi.http.get(&format!("/v1/conversations/{group}")).await?.expect(200)?;
    assert_eq!((&shown["unread"], &shown["mentions"]), (&json!(1), &json!(1)));
    assert_eq!(eve.http.get("/v1/notifications").await?.expect(200)?["items"], json!([]));
    Ok(())
}

async fn an_unknown_message_cannot_be_changed(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let notes = two.ayu.http.open_direct(&two.ayu.id).await?;
    let id = text(&two.message, "/id");
    for (method, rest, body) in [
        (Method::PATCH, "messages/ID", json!({"body": "x"})),
        (Method::DELETE, "messages/ID", Value::Null),
        (Method::PUT, "messages/ID/reactions/%F0%9F%91%8D", Value::Null),
        (Method::DELETE, "messages/ID/reactions/%F0%9F%91%8D", Value::Null),
        (Method::GET, "messages/ID/receipts", Value::Null),
        (Method::PUT, "pins/ID", Value::Null),
        (Method::DELETE, "pins/ID", Value::Null),
    ] {
        let send = async |conversation: &str, message: &str| {
            let path = format!("/v1/conversations/{conversation}/{}", rest.replace("ID", message));
            two.ayu.http.send(two.ayu.http.request(method.clone(), &path).json(&body)).await
        };
        let of_another = send(&notes, id).await?;
        assert_problem(&of_another, 404, "chat.message_not_found")?;
        assert_alike(&of_another, &send(&notes, NOBODY).await?)?;
        assert_alike(&of_another, &send(NOBODY, id).await?)?;
    }
    assert_eq!(types(&two.ayu, &two.direct).await?, ["message.posted"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_decides_how_long_a_message_may_be_edited() -> anyhow::Result<()> {
    let server = Server::start(false, |config| {
        config.chat.edit_window = std::time::Duration::from_millis(1);
    })
    .await?;
    let two = Two::meet(&server.http).await?;
    kabar_testkit::eventually("the window is over", kabar_testkit::PATIENCE, async || {
        let edited = two.ayu.http.patch(&two.path(), &json!({"body": "too late?"})).await;
        edited.is_ok_and(|answer| answer.code() == "chat.edit_window_over")
    })
    .await?;
    let refused = two.ayu.http.patch(&two.path(), &json!({"body": "too late"})).await?;
    assert_problem(&refused, 409, "chat.edit_window_over")?;
    two.ayu.http.delete(&two.path()).await?.expect(204)?;
    server.stop().await
}
