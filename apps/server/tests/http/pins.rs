//! Pinned messages.

use kabar_testkit::client::HttpClient;
use serde_json::json;

use crate::{
    server::{assert_problem, somebody, text},
    two::{Two, put, reaction, types},
};

on_each_database! {
    pins_are_listed_the_last_one_first,
    in_a_group_only_moderators_pin,
    a_conversation_has_at_most_a_hundred_pins,
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
