//! What is unread: right after edits, deletions, and one's own messages.

use kabar_testkit::client::{Account, HttpClient};
use serde_json::{Value, json};

use crate::stage::Stage;

on_each_database! {
    what_is_unread_follows_from_what_is_there,
}

/// `unread` and `mentions` of a conversation as its member sees it.
async fn counted(who: &Account, conversation: &str) -> anyhow::Result<[u64; 2]> {
    let path = format!("/v1/conversations/{conversation}");
    let shown = who.http.get(&path).await?.expect(200)?;
    let number = |field: &str| shown[field].as_u64().unwrap_or(u64::MAX);
    Ok([number("unread"), number("mentions")])
}

async fn what_is_unread_follows_from_what_is_there(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi, citra) = (stage.ayu.clone(), stage.budi.clone(), stage.citra.clone());
    let plain = stage.post(&ayu, "1", "one").await?;
    let calling = stage.post(&ayu, "2", "two, @citra and @budi").await?;
    let all = stage.post(&ayu, "3", "three, @all").await?;
    stage.post(&budi, "4", "four, mine").await?;
    let group = stage.group.clone();
    assert_eq!(counted(&citra, &group).await?, [4, 2]);
    assert_eq!(counted(&budi, &group).await?, [3, 2], "one's own message is not unread");

    let edit = stage.on_with(&calling, "body", "two, @budi");
    stage.own.request("message.edit", edit).await?.ack()?;
    assert_eq!(counted(&citra, &group).await?, [4, 1], "not called any more");
    let edit = stage.on_with(&plain, "body", "one, @citra");
    stage.own.request("message.edit", edit).await?.ack()?;
    assert_eq!(counted(&citra, &group).await?, [4, 2], "called by an edit");
    stage.own.request("message.delete", stage.on(&all)).await?.ack()?;
    assert_eq!(counted(&citra, &group).await?, [3, 1]);
    assert_eq!(counted(&budi, &group).await?, [2, 1]);

    let read = json!({ "conversation_id": group, "seq": 1 });
    let cursor = stage.phone.request("read", read).await?.ack()?;
    let told = |of: &Value| [of["unread"].as_u64(), of["mentions"].as_u64()];
    assert_eq!(told(&cursor), [Some(1), Some(1)]);
    // The same numbers for a device that comes back.
    let (_, synced) = crate::stage::back_since(&citra, &stage.since, &[]).await?;
    let conversations = synced["conversations"].as_array().cloned().unwrap_or_default();
    let of_group = conversations.iter().find(|one| one["id"] == group.as_str());
    assert_eq!(of_group.map(told), Some([Some(3), Some(1)]));
    Ok(())
}
