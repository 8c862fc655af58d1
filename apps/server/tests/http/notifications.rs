//! What concerns people: the inbox, and how much they want to be told.

use kabar_testkit::client::{Account, HttpClient};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{assert_problem, somebody, text};

on_each_database! {
    the_inbox_holds_what_concerns_one,
    the_inbox_is_read_page_by_page,
    what_was_marked_is_read_on_every_device,
    reading_a_conversation_reads_what_it_notified_of,
    a_deletion_and_an_edit_change_the_inbox,
    a_level_of_none_keeps_a_conversation_out_of_the_inbox,
    one_decides_how_much_one_is_told,
    quiet_hours_are_kept_as_they_were_set,
    a_wrong_mark_is_refused_by_its_place,
}

async fn inbox(who: &Account, query: &str) -> anyhow::Result<Value> {
    who.http.get(&format!("/v1/notifications{query}")).await?.expect(200)
}

fn kinds(inbox: &Value) -> Vec<&str> {
    inbox["items"].as_array().into_iter().flatten().map(|item| text(item, "/kind")).collect()
}

fn ids(inbox: &Value) -> Vec<&str> {
    inbox["items"].as_array().into_iter().flatten().map(|item| text(item, "/id")).collect()
}

/// Ayu owns a group with Budi, and Budi has an inbox of the four kinds a group has.
async fn busy(http: &HttpClient) -> anyhow::Result<(Account, Account, String)> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    let member = format!("/v1/groups/{group}/members/{}", budi.id);
    ayu.http.patch(&member, &json!({"role": "moderator"})).await?.expect(200)?;
    let question = budi.http.post_message(&group, "q", "where?").await?;
    ayu.http.post_message(&group, "m", "@budi look").await?;
    let reply = json!({"body": "there", "reply_to": question["id"]});
    let path = format!("/v1/conversations/{group}/messages");
    ayu.http.post(&path, &reply).await?.expect(201)?;
    ayu.http.post_message(&group, "a", "@all come").await?;
    ayu.http.post_message(&group, "n", "nobody in particular").await?;
    Ok((ayu, budi, group))
}

async fn the_inbox_holds_what_concerns_one(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, group) = busy(http).await?;
    let direct = ayu.http.open_direct(&budi.id).await?;
    for number in 1..=3 {
        ayu.http.post_message(&direct, &number.to_string(), &format!("direct {number}")).await?;
    }
    let inbox_of_budi = inbox(&budi, "").await?;
    // Within one millisecond the order is that of the ids.
    let mut found = kinds(&inbox_of_budi);
    found.sort_unstable();
    assert_eq!(
        found,
        ["group.joined", "group.role_changed", "mention", "mention_all", "message", "reply"]
    );
    assert_eq!((&inbox_of_budi["unread"], &inbox_of_budi["has_more"]), (&json!(6), &json!(false)));
    for item in inbox_of_budi["items"].as_array().into_iter().flatten() {
        let conversation = if text(item, "/kind") == "message" { &direct } else { &group };
        assert_eq!(text(item, "/conversation_id"), conversation);
        assert_eq!(text(item, "/id"), format!("{conversation}:{}", item["pos"]));
        assert_eq!((text(item, "/by"), &item["read"]), (ayu.id.as_str(), &json!(false)));
        let (body, unread, role) = match text(item, "/kind") {
            "message" => ("direct 3", json!(3), Value::Null),
            "mention" => ("@budi look", Value::Null, Value::Null),
            "mention_all" => ("@all come", Value::Null, Value::Null),
            "reply" => ("there", Value::Null, Value::Null),
            "group.joined" => ("", Value::Null, json!("member")),
            _ => ("", Value::Null, json!("moderator")),
        };
        assert_eq!(text(item, "/message/body"), body);
        assert_eq!((&item["unread"], &item["role"]), (&unread, &role));
    }
    assert_eq!(inbox(&ayu, "").await?["items"], json!([]), "nothing of one's own doing");
    Ok(())
}

async fn the_inbox_is_read_page_by_page(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = busy(http).await?;
    let direct = ayu.http.open_direct(&budi.id).await?;
    ayu.http.post_message(&direct, "1", "hello").await?;
    let whole = inbox(&budi, "").await?;
    let mut found: Vec<String> = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = inbox(&budi, &query).await?;
        found.extend(ids(&page).into_iter().map(str::to_owned));
        assert_eq!(page["has_more"].as_bool(), Some(page.get("next").is_some()));
        assert_eq!(page["unread"], 6, "of the whole");
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&after={next}");
    }
    assert_eq!(found, ids(&whole));
    assert_eq!(found.len(), 6);
    let times: Vec<_> =
        whole["items"].as_array().into_iter().flatten().map(|it| text(it, "/at")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    Ok(())
}

async fn what_was_marked_is_read_on_every_device(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _) = busy(http).await?;
    let direct = ayu.http.open_direct(&budi.id).await?;
    ayu.http.post_message(&direct, "1", "hello").await?;
    let other_device = http.log_in("budi").await?;
    let whole = inbox(&budi, "").await?;
    let mark = async |body: Value| {
        let marked = budi.http.post("/v1/notifications/read", &body).await?.expect(200)?;
        anyhow::Ok(marked["unread"].as_u64())
    };
    let of_kind = |kind: &str| {
        let items = whole["items"].as_array().into_iter().flatten();
        let item = items.into_iter().find(|item| text(item, "/kind") == kind);
        item.map(|item| text(item, "/id").to_owned()).unwrap_or_default()
    };
    let (mention, to_all) = (of_kind("mention"), of_kind("mention_all"));
    for _ in 0..2 {
        assert_eq!(mark(json!({"ids": [mention, to_all]})).await?, Some(4));
    }
    let unread = inbox(&other_device, "?only=unread").await?;
    assert_eq!((ids(&unread).len(), &unread["unread"]), (4, &json!(4)));
    assert!(!ids(&unread).contains(&mention.as_str()));
    let all = inbox(&other_device, "").await?;
    let read = all["items"].as_array().into_iter().flatten().filter(|it| it["read"] == true);
    assert_eq!((read.count(), ids(&all)), (2, ids(&whole)));

    assert_eq!(mark(json!({"ids": [of_kind("message")]})).await?, Some(4), "by reading only");
    let stranger = "0198c0de-0000-7000-8000-000000000001:1";
    assert_eq!(mark(json!({"ids": [stranger]})).await?, Some(4));
    assert_eq!(mark(json!({})).await?, Some(1), "all but the direct conversation");
    budi.http.put(&format!("/v1/conversations/{direct}/read"), &json!({"seq": 1})).await?;
    assert_eq!(inbox(&other_device, "?only=unread").await?["items"], json!([]));
    Ok(())
}

async fn reading_a_conversation_reads_what_it_notified_of(http: &HttpClient) -> anyhow::Result<()> {
    let (_, budi, group) = busy(http).await?;
    let path = format!("/v1/conversations/{group}/read");
    budi.http.put(&path, &json!({"seq": 100})).await?.expect(200)?;
    let mut left = inbox(&budi, "?only=unread").await?;
    let mut found = kinds(&left);
    found.sort_unstable();
    assert_eq!(found, ["group.joined", "group.role_changed"]);
    left = inbox(&budi, "").await?;
    assert_eq!((ids(&left).len(), &left["unread"]), (5, &json!(2)));
    Ok(())
}

async fn a_deletion_and_an_edit_change_the_inbox(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    budi.http.post("/v1/notifications/read", &json!({})).await?.expect(200)?;
    let message = ayu.http.post_message(&group, "1", "@budi one").await?;
    let path = format!("/v1/conversations/{group}/messages/{}", text(&message, "/id"));
    let unread = async || inbox(&budi, "?only=unread").await;
    assert_eq!(text(&unread().await?, "/items/0/message/body"), "@budi one");
    ayu.http.patch(&path, &json!({"body": "one @budi"})).await?.expect(200)?;
    assert_eq!(text(&unread().await?, "/items/0/message/body"), "one @budi");
    ayu.http.patch(&path, &json!({"body": "one"})).await?.expect(200)?;
    assert_eq!(unread().await?["items"], json!([]));
    ayu.http.patch(&path, &json!({"body": "@all one"})).await?.expect(200)?;
    assert_eq!(kinds(&unread().await?), ["mention_all"]);
    ayu.http.delete(&path).await?.expect(204)?;
    let left = unread().await?;
    assert_eq!((&left["items"], &left["unread"]), (&json!([]), &json!(0)));
    Ok(())
}

async fn a_level_of_none_keeps_a_conversation_out_of_the_inbox(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi, group) = busy(http).await?;
    let direct = ayu.http.open_direct(&budi.id).await?;
    ayu.http.post_message(&direct, "1", "hello").await?;
    let level = json!({"level": "none"});
    for conversation in [&group, &direct] {
        let path = format!("/v1/conversations/{conversation}/settings");
        budi.http.put(&path, &level).await?.expect(200)?;
    }
    let empty = inbox(&budi, "").await?;
    assert_eq!((&empty["items"], &empty["unread"]), (&json!([]), &json!(0)));
    let path = format!("/v1/conversations/{group}/settings");
    let mute = json!({"muted_until": "2999-01-01T00:00:00.000Z"});
    budi.http.put(&path, &mute).await?.expect(200)?;
    assert_eq!(ids(&inbox(&budi, "").await?).len(), 5, "what is mute stands in the inbox");
    Ok(())
}

async fn one_decides_how_much_one_is_told(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, group) = busy(http).await?;
    let path = format!("/v1/conversations/{group}/settings");
    let nothing = json!({"conversation_id": group, "level": null, "muted_until": null});
    assert_eq!(budi.http.get(&path).await?.expect(200)?, nothing);
    let until = "2999-01-01T00:00:00.000Z";
    for (body, level, until) in [
        (json!({"level": "all", "muted_until": until}), json!("all"), json!(until)),
        (json!({"level": "none"}), json!("none"), Value::Null),
        (json!({"muted_until": until, "level": null}), Value::Null, json!(until)),
        (json!({}), Value::Null, Value::Null),
    ] {
        let expected = json!({"conversation_id": group, "level": level, "muted_until": until});
        assert_eq!(budi.http.put(&path, &body).await?.expect(200)?, expected);
        assert_eq!(budi.http.get(&path).await?.expect(200)?, expected);
    }
    assert_eq!(ayu.http.get(&path).await?.expect(200)?, nothing, "one's own only");
    for (body, field) in [
        (json!({"level": "loud"}), "level"),
        (json!({"level": 1}), "level"),
        (json!({"muted_until": "tomorrow"}), "muted_until"),
        (json!({"muted_until": 1}), "muted_until"),
    ] {
        let refused = budi.http.put(&path, &body).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), field);
    }
    Ok(())
}

async fn quiet_hours_are_kept_as_they_were_set(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let path = "/v1/notifications/settings";
    let none = json!({"quiet_hours": null});
    assert_eq!(ayu.http.get(path).await?.expect(200)?, none);
    let hours = |zone: &str, from: &str, to: &str| json!({"quiet_hours": {"time_zone": zone, "from": from, "to": to}});
    let night = hours("Asia/Jakarta", "22:00", "07:00");
    assert_eq!(ayu.http.put(path, &night).await?.expect(200)?, night);
    assert_eq!(ayu.http.get(path).await?.expect(200)?, night);
    assert_eq!(budi.http.get(path).await?.expect(200)?, none);
    for (zone, from, to, field) in [
        ("Asia/Atlantis", "22:00", "07:00", "quiet_hours.time_zone"),
        ("../etc/passwd", "22:00", "07:00", "quiet_hours.time_zone"),
        ("", "22:00", "07:00", "quiet_hours.time_zone"),
        ("Asia/Jakarta", "24:00", "07:00", "quiet_hours.from"),
        ("Asia/Jakarta", "22:00", "7:00", "quiet_hours.to"),
        ("Asia/Jakarta", "+2:00", "07:00", "quiet_hours.from"),
        ("Asia/Jakarta", "07:00", "07:00", "quiet_hours.to"),
    ] {
        let refused = ayu.http.put(path, &hours(zone, from, to)).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), field, "{zone} {from} {to}");
    }
    assert_eq!(ayu.http.get(path).await?.expect(200)?, night);
    assert_eq!(ayu.http.put(path, &none).await?.expect(200)?, none);
    assert_eq!(ayu.http.get(path).await?.expect(200)?, none);
    Ok(())
}

async fn a_wrong_mark_is_refused_by_its_place(http: &HttpClient) -> anyhow::Result<()> {
    let (_, budi, group) = busy(http).await?;
    let right = format!("{group}:1");
    for wrong in [
        "",
        "x",
        &group,
        &format!("{group}:"),
        &format!("{group}:01"),
        &format!("{group}:-1"),
        &format!("{group}:9223372036854775808"),
        &right.to_uppercase(),
        &format!("{right} "),
    ] {
        let body = json!({"ids": [right, wrong]});
        let refused = budi.http.post("/v1/notifications/read", &body).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "ids[1]", "{wrong}");
    }
    for wrong in [json!([]), json!(vec![right.clone(); 101])] {
        let refused = budi.http.post("/v1/notifications/read", &json!({"ids": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "ids");
    }
    let bare = budi.http.request(Method::GET, "/v1/notifications?only=read");
    let refused = budi.http.send(bare).await?;
    assert_problem(&refused, 422, "request.invalid")?;
    assert_eq!(text(&refused.body, "/errors/0/field"), "only");
    assert_eq!(inbox(&budi, "").await?["unread"], 5);
    Ok(())
}
