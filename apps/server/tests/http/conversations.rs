use kabar_testkit::client::HttpClient;
use serde_json::{Value, json};

use crate::server::{assert_alike, assert_problem, somebody, text};

on_each_database! {
    two_people_have_one_direct_conversation,
    one_talks_to_oneself,
    nobody_talks_to_a_user_who_does_not_exist,
    a_stranger_learns_nothing_of_a_conversation,
    conversations_come_by_recent_activity_page_by_page,
    a_cursor_goes_forward_and_never_past_the_last_message,
    the_log_is_read_page_by_page,
}

async fn two_people_have_one_direct_conversation(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let path = "/v1/conversations/direct";
    let made = ayu.http.post(path, &json!({"user_id": budi.id})).await?.expect(201)?;
    assert_eq!((text(&made, "/kind"), text(&made, "/role")), ("direct", "member"));
    for (number, value) in [("head", 0), ("last_seq", 0), ("read_seq", 0), ("unread", 0)] {
        assert_eq!(made[number], value, "{number}");
    }
    assert_eq!((made.get("name"), &made["member_count"]), (None, &json!(2)));
    let mut members: Vec<_> = made["members"].as_array().into_iter().flatten().collect();
    members.sort_by_key(|member| text(member, "/user_id"));
    let mut ids = [&ayu.id, &budi.id];
    ids.sort();
    let expected = ids.map(|id| json!({"user_id": id, "role": "member"}));
    assert!(members.into_iter().eq(&expected));

    let found = ayu.http.post(path, &json!({"user_id": budi.id})).await?.expect(200)?;
    assert_eq!(found, made);
    let found = budi.http.post(path, &json!({"user_id": ayu.id})).await?.expect(200)?;
    assert_eq!(found["id"], made["id"]);
    let shown = ayu.http.get(&format!("/v1/conversations/{}", text(&made, "/id"))).await?;
    assert_eq!(shown.expect(200)?, made);
    Ok(())
}

async fn one_talks_to_oneself(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let notes = ayu.http.open_direct(&ayu.id).await?;
    assert_eq!(ayu.http.open_direct(&ayu.id).await?, notes);
    ayu.http.post_message(&notes, "1", "buy rope").await?;
    let shown = ayu.http.get(&format!("/v1/conversations/{notes}")).await?.expect(200)?;
    assert_eq!(shown["members"], json!([{"user_id": ayu.id, "role": "member"}]));
    assert_eq!((&shown["unread"], &shown["last_seq"]), (&json!(0), &json!(1)));
    Ok(())
}

async fn nobody_talks_to_a_user_who_does_not_exist(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let body = json!({"user_id": "0198c0de-0000-7000-8000-000000000001"});
    let refused = ayu.http.post("/v1/conversations/direct", &body).await?;
    assert_problem(&refused, 404, "user.not_found")?;
    let none = ayu.http.get("/v1/conversations").await?.expect(200)?;
    assert_eq!(none, json!({"items": [], "has_more": false}));
    Ok(())
}

async fn a_stranger_learns_nothing_of_a_conversation(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let eve = somebody(http, "eve").await?;
    let theirs = ayu.http.open_direct(&budi.id).await?;
    let message = ayu.http.post_message(&theirs, "1", "secret").await?;
    let message = text(&message, "/id");
    let nowhere = "0198c0de-0000-7000-8000-000000000001";
    for (rest, code) in [
        ("", "chat.conversation_not_found"),
        ("/entries", "chat.conversation_not_found"),
        ("/messages", "chat.conversation_not_found"),
        ("/messages?around=1", "chat.conversation_not_found"),
        ("/messages/MESSAGE", "chat.message_not_found"),
    ] {
        let rest = rest.replace("MESSAGE", message);
        let known = eve.http.get(&format!("/v1/conversations/{theirs}{rest}")).await?;
        let unknown = eve.http.get(&format!("/v1/conversations/{nowhere}{rest}")).await?;
        assert_problem(&known, 404, code)?;
        assert_alike(&known, &unknown)?;
    }
    let read = json!({"seq": 1});
    let known = eve.http.put(&format!("/v1/conversations/{theirs}/read"), &read).await?;
    let unknown = eve.http.put(&format!("/v1/conversations/{nowhere}/read"), &read).await?;
    assert_problem(&known, 404, "chat.conversation_not_found")?;
    assert_alike(&known, &unknown)?;
    let post = json!({"body": "let me in"});
    let known = eve.http.post(&format!("/v1/conversations/{theirs}/messages"), &post).await?;
    let unknown = eve.http.post(&format!("/v1/conversations/{nowhere}/messages"), &post).await?;
    assert_problem(&known, 404, "chat.conversation_not_found")?;
    assert_alike(&known, &unknown)?;
    let known = eve.http.get(&format!("/v1/groups/{theirs}")).await?;
    assert_problem(&known, 404, "group.not_found")?;
    assert_eq!(ayu.http.all_entries(&theirs).await?.len(), 1);
    Ok(())
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().into_iter().flatten();
    items.map(|item| text(item, "/id").to_owned()).collect()
}

async fn conversations_come_by_recent_activity_page_by_page(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let mut opened = Vec::new();
    for number in 0..5 {
        let peer = somebody(http, &format!("peer{number}")).await?;
        opened.push(ayu.http.open_direct(&peer.id).await?);
    }
    for (number, conversation) in opened.iter().enumerate() {
        ayu.http.post_message(conversation, &number.to_string(), "hello").await?;
    }
    let mut found = Vec::new();
    let mut path = "/v1/conversations?limit=2".to_owned();
    loop {
        let page = ayu.http.get(&path).await?.expect(200)?;
        found.extend(ids(&page));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(page["has_more"], true);
        path = format!("/v1/conversations?limit=2&after={next}");
    }
    let times = ayu.http.get("/v1/conversations").await?.expect(200)?;
    let times: Vec<_> =
        times["items"].as_array().into_iter().flatten().map(|it| text(it, "/active_at")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    let mut expected = opened.clone();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "each once");
    Ok(())
}

async fn a_cursor_goes_forward_and_never_past_the_last_message(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let theirs = ayu.http.open_direct(&budi.id).await?;
    for number in 1..=5 {
        ayu.http.post_message(&theirs, &number.to_string(), "hello").await?;
    }
    let path = format!("/v1/conversations/{theirs}");
    let shown = budi.http.get(&path).await?.expect(200)?;
    assert_eq!((&shown["unread"], &shown["last_seq"]), (&json!(5), &json!(5)));
    for (seq, read_seq, unread) in [(2, 2, 3), (1, 2, 3), (i64::MAX, 5, 0), (0, 5, 0)] {
        let cursor = budi.http.put(&format!("{path}/read"), &json!({"seq": seq})).await?;
        let expected = json!({
            "conversation_id": theirs, "user_id": budi.id, "read_seq": read_seq,
            "delivered_seq": read_seq, "unread": unread, "mentions": 0, "marked_unread": false,
        });
        assert_eq!(cursor.expect(200)?, expected);
    }
    let own = ayu.http.get(&path).await?.expect(200)?;
    assert_eq!(own["unread"], 0, "one's own messages are read");
    Ok(())
}

async fn the_log_is_read_page_by_page(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let theirs = ayu.http.open_direct(&budi.id).await?;
    for number in 1..=7 {
        ayu.http.post_message(&theirs, &number.to_string(), "hello").await?;
    }
    let path = format!("/v1/conversations/{theirs}/entries");
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let page = budi.http.get(&format!("{path}?after={after}&limit=3")).await?.expect(200)?;
        for entry in page["items"].as_array().into_iter().flatten() {
            assert_eq!(text(entry, "/type"), "message.posted");
            assert_eq!(text(entry, "/conversation_id"), theirs);
            assert_eq!(text(entry, "/by"), ayu.id);
            assert_eq!(entry["at"], entry["data"]["message"]["created_at"]);
            assert_eq!(entry["pos"], entry["data"]["message"]["pos"]);
            after = entry["pos"].as_u64().unwrap_or_default();
            seen.push(after);
        }
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, (1..=7).collect::<Vec<_>>());
    let past = budi.http.get(&format!("{path}?after={}", i64::MAX)).await?.expect(200)?;
    assert_eq!(past, json!({"items": [], "has_more": false}));
    Ok(())
}
