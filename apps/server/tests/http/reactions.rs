//! Reactions to messages.

use kabar_testkit::client::HttpClient;
use reqwest::Method;
use serde_json::json;

use crate::{
    server::{Server, assert_problem, text},
    two::{Two, put, reaction},
};

on_each_database! {
    reactions_are_counted_and_ones_own_are_marked,
    a_message_has_at_most_twenty_different_reactions,
    what_is_no_emoji_is_no_reaction,
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
