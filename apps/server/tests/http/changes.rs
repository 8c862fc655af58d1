//! What people do to messages: edit, delete, react, pin, forward.

use kabar_testkit::client::{Account, HttpClient};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, assert_alike, assert_problem, somebody, text};

on_each_database! {
    an_edit_replaces_the_text_for_everybody,
    only_its_author_edits_a_message,
    a_deleted_message_keeps_its_place_and_nothing_else,
    who_moderates_deletes_what_others_wrote,
    a_reply_shows_what_it_answers_as_it_is_now,
    reactions_are_counted_and_ones_own_are_marked,
    a_message_has_at_most_twenty_different_reactions,
    what_is_no_emoji_is_no_reaction,
    pins_are_listed_the_last_one_first,
    in_a_group_only_moderators_pin,
    a_conversation_has_at_most_a_hundred_pins,
    a_forward_says_whose_words_it_has_and_not_from_where,
    only_what_one_may_read_is_forwarded,
    members_are_called_by_name_and_everybody_by_those_who_may,
    an_unknown_message_cannot_be_changed,
}

const NOBODY: &str = "0198c0de-0000-7000-8000-000000000001";

/// Ayu and Budi, their direct conversation, and a message of Ayu's in it.
struct Two {
    ayu: Account,
    budi: Account,
    direct: String,
    message: Value,
}

impl Two {
    async fn meet(http: &HttpClient) -> anyhow::Result<Self> {
        let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
        let direct = ayu.http.open_direct(&budi.id).await?;
        let message = ayu.http.post_message(&direct, "first", "where shall we meet?").await?;
        Ok(Self { ayu, budi, direct, message })
    }

    fn path(&self) -> String {
        format!("/v1/conversations/{}/messages/{}", self.direct, text(&self.message, "/id"))
    }

    fn pin_path(&self, message: &Value) -> String {
        format!("/v1/conversations/{}/pins/{}", self.direct, text(message, "/id"))
    }
}

fn reaction(path: &str, emoji: &str) -> String {
    let emoji: String = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{path}/reactions/{emoji}")
}

async fn put(who: &Account, path: &str) -> anyhow::Result<kabar_testkit::client::Answer> {
    who.http.send(who.http.request(Method::PUT, path)).await
}

/// The types of the entries of a log.
async fn types(who: &Account, conversation: &str) -> anyhow::Result<Vec<String>> {
    let entries = who.http.all_entries(conversation).await?;
    Ok(entries.iter().map(|entry| text(entry, "/type").to_owned()).collect())
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

async fn reactions_are_counted_and_ones_own_are_marked(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let (thumb, heart) = (reaction(&two.path(), "👍"), reaction(&two.path(), "❤"));
    put(&two.ayu, &thumb).await?.expect(200)?;
    put(&two.budi, &heart).await?.expect(200)?;
    let shown = put(&two.budi, &thumb).await?.expect(200)?;
    assert_eq!(
        shown["reactions"],
        json!([
            {"emoji": "👍", "count": 2, "mine": true},
            {"emoji": "❤️", "count": 1, "mine": true},
        ])
    );
    let again = put(&two.budi, &reaction(&two.path(), "❤️")).await?.expect(200)?;
    assert_eq!(again, shown, "another spelling of the same emoji is the same reaction");
    let of_ayu = two.ayu.http.get(&two.path()).await?.expect(200)?;
    assert_eq!(of_ayu["reactions"][1], json!({"emoji": "❤️", "count": 1, "mine": false}));
    let page = format!("/v1/conversations/{}/messages", two.direct);
    let page = two.ayu.http.get(&page).await?.expect(200)?;
    assert_eq!((&page["items"][0], &page["head"]), (&of_ayu, &json!(4)));

    let left = two.budi.http.delete(&thumb).await?.expect(200)?;
    assert_eq!(left["reactions"][0], json!({"emoji": "👍", "count": 1, "mine": false}));
    assert_eq!(two.budi.http.delete(&thumb).await?.expect(200)?, left, "again changes nothing");
    let entries = two.budi.http.all_entries(&two.direct).await?;
    let said: Vec<_> = entries[1..]
        .iter()
        .map(|entry| {
            let (emoji, count) = (text(entry, "/data/emoji"), &entry["data"]["count"]);
            (text(entry, "/type"), text(entry, "/by"), emoji, count.as_u64())
        })
        .collect();
    let (a, b) = (two.ayu.id.as_str(), two.budi.id.as_str());
    assert_eq!(
        said,
        [
            ("reaction.added", a, "👍", Some(1)),
            ("reaction.added", b, "❤️", Some(1)),
            ("reaction.added", b, "👍", Some(2)),
            ("reaction.removed", b, "👍", Some(1)),
        ]
    );
    assert_eq!(entries[0]["data"]["message"]["reactions"], json!([]));
    Ok(())
}

async fn a_message_has_at_most_twenty_different_reactions(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let emojis: Vec<String> = ('😀'..='😔').map(String::from).collect();
    assert_eq!(emojis.len(), 21);
    for emoji in &emojis[..20] {
        put(&two.ayu, &reaction(&two.path(), emoji)).await?.expect(200)?;
    }
    let one_more = reaction(&two.path(), &emojis[20]);
    assert_problem(&put(&two.ayu, &one_more).await?, 409, "chat.too_many_reactions")?;
    assert_problem(&put(&two.budi, &one_more).await?, 409, "chat.too_many_reactions")?;
    let same = put(&two.budi, &reaction(&two.path(), &emojis[0])).await?.expect(200)?;
    assert_eq!(same["reactions"][0]["count"], 2);
    two.ayu.http.delete(&reaction(&two.path(), &emojis[1])).await?.expect(200)?;
    put(&two.budi, &one_more).await?.expect(200)?;
    Ok(())
}

async fn what_is_no_emoji_is_no_reaction(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    for wrong in ["a", "1", "👍👍", "👍 ", ":+1:", "é", "\u{0}", "\u{202e}", "%F0%9F%91%8D", "/"]
    {
        for method in [Method::PUT, Method::DELETE] {
            let path = reaction(&two.path(), wrong);
            let refused = two.ayu.http.send(two.ayu.http.request(method, &path)).await?;
            assert_problem(&refused, 400, "request.invalid_path")?;
            assert_eq!(text(&refused.body, "/errors/0/field"), "emoji", "{wrong}");
        }
    }
    let cut = format!("{}/reactions/%F0%9F%91", two.path());
    assert_problem(&put(&two.ayu, &cut).await?, 400, "request.invalid_path")?;
    for right in ["👍🏽", "👩‍👩‍👧‍👦", "🇮🇩", "1️⃣", "#️⃣", "❤️‍🔥"]
    {
        let shown = put(&two.ayu, &reaction(&two.path(), right)).await?.expect(200)?;
        let count = shown["reactions"].as_array().map_or(0, Vec::len);
        assert_eq!(shown["reactions"][count - 1]["emoji"], right);
    }
    Ok(())
}

async fn pins_are_listed_the_last_one_first(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let second = two.budi.http.post_message(&two.direct, "second", "at noon").await?;
    let (first, second) = (two.pin_path(&two.message), two.pin_path(&second));
    for path in [&first, &second, &first] {
        let pinned = put(&two.budi, path).await?;
        assert_eq!((pinned.status, pinned.text.as_str()), (204, ""));
    }
    put(&two.ayu, &reaction(&two.path(), "👍")).await?.expect(200)?;
    let list = format!("/v1/conversations/{}/pins", two.direct);
    let pins = two.ayu.http.get(&list).await?.expect(200)?;
    let bodies: Vec<_> = pins["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pin| text(pin, "/message/body"))
        .collect();
    assert_eq!(bodies, ["at noon", "where shall we meet?"]);
    assert_eq!(
        (text(&pins, "/items/0/by"), &pins["has_more"]),
        (two.budi.id.as_str(), &json!(false))
    );
    let shown = two.ayu.http.get(&two.path()).await?.expect(200)?;
    assert_eq!(pins["items"][1]["message"], shown, "with its reactions");

    for _ in 0..2 {
        two.ayu.http.delete(&second).await?.expect(204)?;
    }
    let pins = two.budi.http.get(&list).await?.expect(200)?;
    assert_eq!(pins["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        types(&two.ayu, &two.direct).await?[2..],
        ["message.pinned", "message.pinned", "reaction.added", "message.unpinned"]
    );
    Ok(())
}

async fn in_a_group_only_moderators_pin(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    let message = budi.http.post_message(&group, "1", "mine").await?;
    let path = format!("/v1/conversations/{group}/pins/{}", text(&message, "/id"));
    assert_problem(&put(&budi, &path).await?, 403, "chat.forbidden")?;
    put(&ayu, &path).await?.expect(204)?;
    assert_problem(&budi.http.delete(&path).await?, 403, "chat.forbidden")?;
    ayu.http.delete(&path).await?.expect(204)?;
    Ok(())
}

async fn a_conversation_has_at_most_a_hundred_pins(http: &HttpClient) -> anyhow::Result<()> {
    let two = Two::meet(http).await?;
    let mut last = two.pin_path(&two.message);
    for number in 0..100 {
        put(&two.ayu, &last).await?.expect(204)?;
        let sent = two.ayu.http.post_message(&two.direct, &number.to_string(), "pin me").await?;
        last = two.pin_path(&sent);
    }
    assert_problem(&put(&two.ayu, &last).await?, 409, "chat.too_many_pins")?;
    put(&two.ayu, &two.pin_path(&two.message)).await?.expect(204)?;
    two.budi.http.delete(&two.pin_path(&two.message)).await?.expect(204)?;
    put(&two.ayu, &last).await?.expect(204)?;
    Ok(())
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changes_too_much_is_told_when_to_come_back() -> anyhow::Result<()> {
    let server = Server::start(false, |config| config.rate_limits.change_burst = 1).await?;
    let two = Two::meet(&server.http).await?;
    let mut refused = None;
    for _ in 0..100 {
        let answer = put(&two.ayu, &reaction(&two.path(), "👍")).await?;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let Some(refused) = refused else { anyhow::bail!("a hundred changes were taken") };
    assert_problem(&refused, 429, "rate_limit.exceeded")?;
    assert_eq!(refused.header("retry-after"), "1");
    two.ayu.http.post_message(&two.direct, "second", "sending goes on").await?;
    put(&two.budi, &reaction(&two.path(), "👍")).await?.expect(200)?;
    server.stop().await
}
