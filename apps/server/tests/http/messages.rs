use kabar_testkit::client::HttpClient;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{assert_alike, assert_problem, somebody, text};

on_each_database! {
    a_message_is_stored_as_it_was_written,
    the_same_client_id_is_the_same_message,
    the_header_names_a_message_as_the_body_does,
    a_message_answers_one_of_its_own_conversation_only,
    history_is_read_before_after_and_around_a_message,
    a_message_is_found_in_its_own_conversation_only,
    a_text_that_is_no_message_is_refused,
}

async fn a_message_is_stored_as_it_was_written(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let theirs = ayu.http.open_direct(&budi.id).await?;
    let path = format!("/v1/conversations/{theirs}/messages");
    let longest = "x".repeat(16 * 1024);
    let texts = [
        "Selamat pagi! 🌺\r\n\tdua",
        "שלום \u{200f}",
        "</script>'; DROP TABLE--",
        "\"\\u0000\"",
        &longest,
    ];
    for (number, body) in texts.into_iter().enumerate() {
        let sent = ayu.http.post(&path, &json!({"body": body})).await?.expect(201)?;
        assert_eq!((text(&sent, "/body"), text(&sent, "/author_id")), (body, ayu.id.as_str()));
        assert_eq!((&sent["seq"], &sent["pos"]), (&json!(number + 1), &json!(number + 1)));
        assert_eq!(
            (&sent["reply_to"], text(&sent, "/client_id")),
            (&Value::Null, text(&sent, "/id"))
        );
        let fields: Vec<_> = sent.as_object().into_iter().flatten().map(|(name, _)| name).collect();
        assert_eq!(fields.len(), 13, "{fields:?}");
        let read = budi.http.get(&format!("{path}/{}", text(&sent, "/id"))).await?.expect(200)?;
        assert_eq!(read, sent);
    }
    Ok(())
}

async fn the_same_client_id_is_the_same_message(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let theirs = ayu.http.open_direct(&budi.id).await?;
    let path = format!("/v1/conversations/{theirs}/messages");
    let body = json!({"client_id": "retry-1", "body": "once"});
    let first = ayu.http.post(&path, &body).await?.expect(201)?;
    let other = json!({"client_id": "retry-1", "body": "twice"});
    assert_eq!(ayu.http.post(&path, &other).await?.expect(200)?, first);
    let of_another = budi.http.post(&path, &body).await?.expect(201)?;
    assert_ne!(of_another["id"], first["id"]);

    let at_once = (0..20).map(|_| {
        let (client, path) = (ayu.http.clone(), path.clone());
        tokio::spawn(async move {
            client.post(&path, &json!({"client_id": "race", "body": "once"})).await
        })
    });
    let mut created = 0;
    let mut ids = Vec::new();
    for answer in at_once.collect::<Vec<_>>() {
        let answer = answer.await??;
        created += usize::from(answer.status == 201);
        ids.push(text(&answer.body, "/id").to_owned());
    }
    ids.dedup();
    assert_eq!((created, ids.len()), (1, 1), "{ids:?}");
    assert_eq!(ayu.http.all_entries(&theirs).await?.len(), 3);
    Ok(())
}

async fn the_header_names_a_message_as_the_body_does(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let notes = ayu.http.open_direct(&ayu.id).await?;
    let path = format!("/v1/conversations/{notes}/messages");
    let send = async |key: &str, body: Value| {
        let request = ayu.http.request(Method::POST, &path).header("Idempotency-Key", key);
        ayu.http.send(request.json(&body)).await
    };
    let first = send("key-1", json!({"body": "once"})).await?.expect(201)?;
    assert_eq!(text(&first, "/client_id"), "key-1");
    assert_eq!(send("key-1", json!({"body": "once"})).await?.expect(200)?, first);
    let both = json!({"body": "once", "client_id": "key-1"});
    assert_eq!(send("key-1", both.clone()).await?.expect(200)?, first);
    assert_eq!(ayu.http.post(&path, &both).await?.expect(200)?, first);

    let differ = send("key-2", both).await?;
    assert_problem(&differ, 422, "request.invalid")?;
    assert_eq!(text(&differ.body, "/errors/0/code"), "conflict");
    for wrong in ["", "a b", &"x".repeat(65), "ä"] {
        let refused = send(wrong, json!({"body": "once"})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "Idempotency-Key");
    }
    let twice = ayu.http.request(Method::POST, &path).header("Idempotency-Key", "key-3");
    let twice = twice.header("Idempotency-Key", "key-4").json(&json!({"body": "once"}));
    assert_problem(&ayu.http.send(twice).await?, 422, "request.invalid")?;
    assert_eq!(ayu.http.all_entries(&notes).await?.len(), 1);
    Ok(())
}

async fn a_message_answers_one_of_its_own_conversation_only(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let (theirs, notes) =
        (ayu.http.open_direct(&budi.id).await?, ayu.http.open_direct(&ayu.id).await?);
    let question = ayu.http.post_message(&theirs, "q", "where?").await?;
    let elsewhere = ayu.http.post_message(&notes, "n", "a note").await?;
    let path = format!("/v1/conversations/{theirs}/messages");
    let answer = json!({"body": "here", "reply_to": question["id"]});
    let answer = budi.http.post(&path, &answer).await?.expect(201)?;
    assert_eq!(answer["reply_to"], question["id"]);

    let of_another = json!({"body": "here", "reply_to": elsewhere["id"]});
    let of_another = ayu.http.post(&path, &of_another).await?;
    assert_problem(&of_another, 422, "chat.reply_not_found")?;
    let of_none = json!({"body": "here", "reply_to": "0198c0de-0000-7000-8000-000000000001"});
    assert_alike(&of_another, &ayu.http.post(&path, &of_none).await?)?;
    assert_eq!(ayu.http.all_entries(&theirs).await?.len(), 2);
    Ok(())
}

async fn history_is_read_before_after_and_around_a_message(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let notes = ayu.http.open_direct(&ayu.id).await?;
    for number in 1..=10 {
        ayu.http.post_message(&notes, &number.to_string(), "hello").await?;
    }
    let path = format!("/v1/conversations/{notes}/messages");
    for (query, seqs, has_more, has_before, has_after) in [
        ("?limit=3", vec![8, 9, 10], true, true, false),
        ("", (1..=10).collect(), false, false, false),
        ("?before=8&limit=3", vec![5, 6, 7], true, true, true),
        ("?before=3", vec![1, 2], false, false, true),
        ("?before=1", vec![], false, false, true),
        ("?after=8", vec![9, 10], false, true, false),
        ("?after=2&limit=2", vec![3, 4], true, true, true),
        ("?after=0&limit=1", vec![1], true, false, true),
        ("?around=5&limit=4", vec![4, 5, 6, 7], true, true, true),
        ("?around=1&limit=100", (1..=10).collect(), false, false, false),
    ] {
        let page = ayu.http.get(&format!("{path}{query}")).await?.expect(200)?;
        let found: Vec<_> =
            page["items"].as_array().into_iter().flatten().map(|it| it["seq"].as_u64()).collect();
        let expected: Vec<_> = seqs.into_iter().map(Some).collect();
        if query.contains("around=5") {
            assert!(found.contains(&Some(5)) && found.len() == 4, "{query}: {found:?}");
        } else {
            assert_eq!(found, expected, "{query}");
        }
        assert_eq!(
            (&page["has_more"], &page["has_before"], &page["has_after"]),
            (&json!(has_more), &json!(has_before), &json!(has_after)),
            "{query}"
        );
    }
    for query in ["?before=1&after=1", "?after=1&around=1", "?before=1&after=2&around=3"] {
        let refused = ayu.http.get(&format!("{path}{query}")).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/code"), "conflict");
    }
    Ok(())
}

async fn a_message_is_found_in_its_own_conversation_only(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let (theirs, notes) =
        (ayu.http.open_direct(&budi.id).await?, ayu.http.open_direct(&ayu.id).await?);
    let note = ayu.http.post_message(&notes, "1", "a note").await?;
    let mixed = format!("/v1/conversations/{theirs}/messages/{}", text(&note, "/id"));
    assert_problem(&ayu.http.get(&mixed).await?, 404, "chat.message_not_found")?;
    assert_problem(&budi.http.get(&mixed).await?, 404, "chat.message_not_found")
}

async fn a_text_that_is_no_message_is_refused(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let notes = ayu.http.open_direct(&ayu.id).await?;
    let path = format!("/v1/conversations/{notes}/messages");
    let too_long = "x".repeat(16 * 1024 + 1);
    for wrong in ["", " \n", "a\0b", "a\u{7f}", "a\u{202e}b", "a\u{2066}b", &too_long] {
        let refused = ayu.http.post(&path, &json!({"body": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "body");
    }
    for wrong in ["", "a b", "é", "a\0", &"x".repeat(65)] {
        let refused = ayu.http.post(&path, &json!({"body": "x", "client_id": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "client_id");
    }
    assert_eq!(ayu.http.all_entries(&notes).await?.len(), 0);
    Ok(())
}
