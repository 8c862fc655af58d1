//! How far people have received and read, and to whom that is shown.

use kabar_testkit::client::{Account, HttpClient};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, assert_alike, assert_problem, somebody, text};

on_each_database! {
    a_sender_sees_who_has_received_and_read,
    who_hides_receipts_is_not_shown,
    a_conversation_is_marked_as_unread_until_it_is_read_in,
    unread_counts_follow_deletions_and_edits,
    a_stranger_learns_nothing_of_receipts,
}

async fn three(http: &HttpClient) -> anyhow::Result<(Account, Account, Account, String)> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let citra = somebody(http, "citra").await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id, &citra.id]).await?;
    Ok((ayu, budi, citra, group))
}

fn sorted(mut ids: Vec<&str>) -> Value {
    ids.sort_unstable();
    json!(ids)
}

async fn a_sender_sees_who_has_received_and_read(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    let path = format!("/v1/conversations/{group}");
    for number in 1..=3 {
        ayu.http.post_message(&group, &number.to_string(), "hello").await?;
    }
    let cursor = budi.http.put(&format!("{path}/delivered"), &json!({"seq": 2})).await?;
    let mut expected = json!({
        "conversation_id": group, "user_id": budi.id, "read_seq": 0, "delivered_seq": 2,
        "unread": 3, "mentions": 0, "marked_unread": false,
    });
    assert_eq!(cursor.expect(200)?, expected);
    for (seq, delivered) in [(1, 2), (i64::MAX, 3), (0, 3)] {
        expected["delivered_seq"] = json!(delivered);
        let cursor = budi.http.put(&format!("{path}/delivered"), &json!({"seq": seq})).await?;
        assert_eq!(cursor.expect(200)?, expected);
    }
    let read = citra.http.put(&format!("{path}/read"), &json!({"seq": 2})).await?.expect(200)?;
    assert_eq!((&read["read_seq"], &read["delivered_seq"]), (&json!(2), &json!(2)));

    let mut items = [
        json!({"conversation_id": group, "user_id": budi.id, "read_seq": 0, "delivered_seq": 3}),
        json!({"conversation_id": group, "user_id": citra.id, "read_seq": 2, "delivered_seq": 2}),
    ];
    items.sort_by_key(|receipt| text(receipt, "/user_id").to_owned());
    let receipts = ayu.http.get(&format!("{path}/receipts")).await?.expect(200)?;
    assert_eq!(receipts, json!({"items": items, "has_more": false}));

    let page = ayu.http.get(&format!("{path}/messages")).await?.expect(200)?;
    for (number, read, delivered) in [
        (0, vec![citra.id.as_str()], vec![budi.id.as_str()]),
        (1, vec![citra.id.as_str()], vec![budi.id.as_str()]),
        (2, vec![], vec![budi.id.as_str()]),
    ] {
        let message = text(&page["items"][number], "/id");
        let receipts = ayu.http.get(&format!("{path}/messages/{message}/receipts")).await?;
        let expected = json!({"read": sorted(read), "delivered": sorted(delivered)});
        assert_eq!(receipts.expect(200)?, expected, "{number}");
    }
    Ok(())
}

async fn who_hides_receipts_is_not_shown(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    let path = format!("/v1/conversations/{group}");
    let message = ayu.http.post_message(&group, "1", "hello").await?;
    for reader in [&budi, &citra] {
        reader.http.put(&format!("{path}/read"), &json!({"seq": 1})).await?.expect(200)?;
    }
    let hidden = json!({"receipts": false});
    budi.http.patch("/v1/users/me/privacy", &hidden).await?.expect(200)?;
    let receipts = ayu.http.get(&format!("{path}/receipts")).await?.expect(200)?;
    assert_eq!(receipts["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(text(&receipts, "/items/0/user_id"), citra.id);
    let of_message = format!("{path}/messages/{}/receipts", text(&message, "/id"));
    let receipts = ayu.http.get(&of_message).await?.expect(200)?;
    assert_eq!(receipts, json!({"read": [citra.id], "delivered": []}));
    let shown = json!({"receipts": true});
    budi.http.patch("/v1/users/me/privacy", &shown).await?.expect(200)?;
    let receipts = ayu.http.get(&of_message).await?.expect(200)?;
    assert_eq!(receipts["read"], sorted(vec![&budi.id, &citra.id]));
    Ok(())
}

async fn a_conversation_is_marked_as_unread_until_it_is_read_in(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let direct = ayu.http.open_direct(&budi.id).await?;
    ayu.http.post_message(&direct, "1", "hello").await?;
    let path = format!("/v1/conversations/{direct}");
    budi.http.put(&format!("{path}/read"), &json!({"seq": 1})).await?.expect(200)?;
    for _ in 0..2 {
        let unread = budi.http.request(Method::PUT, &format!("{path}/unread"));
        let cursor = budi.http.send(unread).await?.expect(200)?;
        assert_eq!((&cursor["marked_unread"], &cursor["read_seq"]), (&json!(true), &json!(1)));
    }
    let shown = budi.http.get(&path).await?.expect(200)?;
    assert_eq!((&shown["marked_unread"], &shown["unread"]), (&json!(true), &json!(0)));
    assert_eq!(ayu.http.get(&path).await?.expect(200)?["marked_unread"], false);
    let cursor = budi.http.put(&format!("{path}/read"), &json!({"seq": 1})).await?.expect(200)?;
    assert_eq!(cursor["marked_unread"], false, "also when the cursor does not move");
    Ok(())
}

async fn unread_counts_follow_deletions_and_edits(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _, group) = three(http).await?;
    let path = format!("/v1/conversations/{group}");
    let mut sent = Vec::new();
    for (number, body) in ["@budi hi", "hello", "@all come"].into_iter().enumerate() {
        sent.push(ayu.http.post_message(&group, &number.to_string(), body).await?);
    }
    budi.http.post_message(&group, "own", "my own counts not").await?;
    let counts = async || {
        let shown = budi.http.get(&path).await?.expect(200)?;
        anyhow::Ok((shown["unread"].as_u64(), shown["mentions"].as_u64()))
    };
    assert_eq!(counts().await?, (Some(3), Some(2)));
    let of = |number: usize| format!("{path}/messages/{}", text(&sent[number], "/id"));
    ayu.http.patch(&of(0), &json!({"body": "hi"})).await?.expect(200)?;
    assert_eq!(counts().await?, (Some(3), Some(1)));
    ayu.http.patch(&of(1), &json!({"body": "hello @budi"})).await?.expect(200)?;
    assert_eq!(counts().await?, (Some(3), Some(2)));
    ayu.http.delete(&of(2)).await?.expect(204)?;
    assert_eq!(counts().await?, (Some(2), Some(1)));
    budi.http.put(&format!("{path}/read"), &json!({"seq": 1})).await?.expect(200)?;
    assert_eq!(counts().await?, (Some(1), Some(1)));
    Ok(())
}

async fn a_stranger_learns_nothing_of_receipts(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, _, _, group) = three(http).await?;
    let eve = somebody(http, "eve").await?;
    ayu.http.post_message(&group, "1", "hello").await?;
    for (method, rest, body) in [
        (Method::GET, "receipts", Value::Null),
        (Method::PUT, "delivered", json!({"seq": 1})),
        (Method::PUT, "unread", Value::Null),
        (Method::GET, "settings", Value::Null),
        (Method::PUT, "settings", json!({"level": "all"})),
        (Method::GET, "pins", Value::Null),
    ] {
        let send = async |conversation: &str| {
            let path = format!("/v1/conversations/{conversation}/{rest}");
            eve.http.send(eve.http.request(method.clone(), &path).json(&body)).await
        };
        let known = send(&group).await?;
        assert_problem(&known, 404, "chat.conversation_not_found")?;
        assert_alike(&known, &send("0198c0de-0000-7000-8000-000000000001").await?)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_large_group_nobody_is_shown_receipts() -> anyhow::Result<()> {
    let server = Server::start(false, |config| config.chat.receipts_max_members = 2).await?;
    let (ayu, budi, citra, group) = three(&server.http).await?;
    let message = ayu.http.post_message(&group, "1", "hello").await?;
    let path = format!("/v1/conversations/{group}");
    let of_message = format!("{path}/messages/{}/receipts", text(&message, "/id"));
    budi.http.put(&format!("{path}/read"), &json!({"seq": 1})).await?.expect(200)?;
    for refused in [format!("{path}/receipts"), of_message.clone()] {
        assert_problem(&ayu.http.get(&refused).await?, 403, "chat.receipts_hidden")?;
    }
    citra.http.delete(&format!("/v1/groups/{group}/members/{}", citra.id)).await?.expect(204)?;
    let receipts = ayu.http.get(&of_message).await?.expect(200)?;
    assert_eq!(receipts["read"], json!([budi.id]), "once it is small enough");
    server.stop().await
}
