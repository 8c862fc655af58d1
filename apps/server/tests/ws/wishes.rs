//! How much a user wants to be told: levels, mutes, quiet hours.

use anyhow::Context as _;
use kabar_testkit::client::{Account, HttpClient, WsClient};
use serde_json::{Value, json};

use crate::{
    notifications::inbox,
    server::{device, message, told},
    stage::{Stage, prefer},
};

on_each_database! {
    a_level_decides_what_is_told,
    what_is_decided_holds_on_every_device,
    a_mute_is_silent_until_it_ends,
    nothing_is_told_in_quiet_hours,
}

/// The kinds of what a device was told of a conversation.
fn kinds(socket: &WsClient, conversation: &str) -> Vec<String> {
    let told = told(socket, "notification", conversation);
    told.iter().map(|one| one["kind"].as_str().unwrap_or_default().to_owned()).collect()
}

/// How often a user's inbox has something of a conversation about a message.
async fn kept(who: &Account, conversation: &str) -> anyhow::Result<usize> {
    let about =
        |one: &&Value| one["conversation_id"] == conversation && one.get("message").is_some();
    Ok(inbox(who).await?.iter().filter(about).count())
}

impl Stage {
    /// Ayu sends something; answers once Budi's devices have it, and what is told of it with it.
    async fn say(&self, conversation: &str, body: &str, reply_to: &Value) -> anyhow::Result<()> {
        let client_id = self.ayu.http.all_entries(conversation).await?.len().to_string();
        let mut data = message(conversation, &client_id, body);
        if !reply_to.is_null() {
            data["reply_to"] = reply_to.clone();
        }
        let sent = self.own.request("message.send", data).await?.ack()?;
        let pos = sent["message"]["pos"].as_u64().context("a position")?;
        for socket in [&self.phone, &self.laptop] {
            socket.wait_for_entry(conversation, pos).await?;
            crate::server::assert_lives(socket).await?;
        }
        Ok(())
    }
}

async fn a_level_decides_what_is_told(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (budi, group, chat) = (stage.budi.clone(), stage.group.clone(), stage.chat.clone());
    let by_budi = stage.post(&budi, "by-budi", "Who comes?").await?["id"].clone();
    let nothing = Value::Null;
    let level = |level: Value| json!({ "level": level, "muted_until": null });

    prefer(&budi, &group, level(json!("all"))).await?;
    stage.say(&group, "plain", &nothing).await?;
    stage.say(&group, "me", &by_budi).await?;
    assert_eq!(kinds(&stage.laptop, &group), ["message", "reply"]);
    assert_eq!(kept(&budi, &group).await?, 1, "plain messages of groups are told and not kept");

    prefer(&budi, &group, level(json!("none"))).await?;
    stage.say(&group, "@budi", &nothing).await?;
    assert_eq!(kinds(&stage.laptop, &group).len(), 2);
    let of_group = |one: &Value| one["conversation_id"] == group.as_str();
    assert!(!inbox(&budi).await?.iter().any(of_group), "not even in the inbox");
    prefer(&budi, &group, level(nothing.clone())).await?;
    assert_eq!(kept(&budi, &group).await?, 2, "but kept for when the user thinks better of it");
    stage.say(&group, "plain", &nothing).await?;
    stage.say(&group, "@all", &nothing).await?;
    assert_eq!(kinds(&stage.laptop, &group)[2..], ["mention_all"]);

    let in_chat = budi.http.post_message(&chat, "by-budi", "Well?").await?["id"].clone();
    prefer(&budi, &chat, level(json!("mentions"))).await?;
    stage.say(&chat, "plain", &nothing).await?;
    assert_eq!(kinds(&stage.laptop, &chat), Vec::<String>::new());
    stage.say(&chat, "me", &in_chat).await?;
    stage.say(&chat, "@budi", &nothing).await?;
    assert_eq!(kinds(&stage.laptop, &chat), ["reply", "mention"]);
    assert_eq!(kinds(&stage.phone, &chat), ["reply", "mention"]);
    Ok(())
}

async fn what_is_decided_holds_on_every_device(http: &HttpClient) -> anyhow::Result<()> {
    let stage = Stage::set(http).await?;
    let (budi, chat) = (stage.budi.clone(), stage.chat.clone());
    let until = "2099-01-01T00:00:00.000Z";
    let decided = prefer(&budi, &chat, json!({ "level": "none", "muted_until": until })).await?;
    let expected = json!({ "conversation_id": chat, "level": "none", "muted_until": until });
    assert_eq!(decided, expected);
    for socket in [&stage.phone, &stage.laptop] {
        socket.wait_for("preferences", |told| *told == expected).await?;
    }
    let path = format!("/v1/conversations/{chat}/settings");
    let other = http.log_in("budi").await?;
    assert_eq!(other.http.get(&path).await?.expect(200)?, expected);
    let later = device(&other).await?;
    stage.say(&chat, "Psst", &Value::Null).await?;
    later.wait_for_entry(&chat, 1).await?;
    for socket in [&stage.phone, &stage.laptop, &later] {
        crate::server::assert_lives(socket).await?;
        assert_eq!(kinds(socket, &chat), Vec::<String>::new());
    }
    let of_ayu = stage.own.events().into_iter().filter(|event| event.name == "preferences");
    assert_eq!(of_ayu.count(), 0);
    // A group that one is not in has no settings.
    let foreign = stage.citra.http.get(&path).await?;
    assert_eq!((foreign.status, foreign.code()), (404, "chat.conversation_not_found"));
    Ok(())
}

async fn a_mute_is_silent_until_it_ends(http: &HttpClient) -> anyhow::Result<()> {
    let stage = Stage::set(http).await?;
    let (budi, group) = (stage.budi.clone(), stage.group.clone());
    let mute = |until: &str| json!({ "level": null, "muted_until": until });
    prefer(&budi, &group, mute("2099-01-01T00:00:00.000Z")).await?;
    stage.say(&group, "@budi", &Value::Null).await?;
    assert_eq!(kinds(&stage.laptop, &group), Vec::<String>::new());
    assert_eq!(kept(&budi, &group).await?, 1, "the inbox keeps it");
    prefer(&budi, &group, mute("2020-01-01T00:00:00.000Z")).await?;
    stage.say(&group, "@budi", &Value::Null).await?;
    assert_eq!(kinds(&stage.laptop, &group), ["mention"]);
    Ok(())
}

async fn nothing_is_told_in_quiet_hours(http: &HttpClient) -> anyhow::Result<()> {
    let stage = Stage::set(http).await?;
    let (budi, chat) = (stage.budi.clone(), stage.chat.clone());
    // From an hour before to two hours after the server's time, which is in UTC.
    let hour: u32 =
        stage.since.as_str().and_then(|time| time.get(11..13)).context("a time")?.parse()?;
    let at = |hour: u32| format!("{:02}:00", hour % 24);
    let hours = |zone: &str, from: u32, to: u32| json!({ "quiet_hours": { "time_zone": zone, "from": at(from), "to": at(to) } });
    let set =
        async |hours: Value| budi.http.put("/v1/notifications/settings", &hours).await?.expect(200);
    let quiet = hours("Etc/UTC", hour + 23, hour + 2);
    assert_eq!(set(quiet.clone()).await?, quiet);
    let later = device(&budi).await?;
    stage.say(&chat, "Are you asleep?", &Value::Null).await?;
    later.wait_for_entry(&chat, 1).await?;
    for socket in [&stage.phone, &stage.laptop, &later] {
        crate::server::assert_lives(socket).await?;
        assert_eq!(kinds(socket, &chat), Vec::<String>::new());
    }
    assert_eq!(kept(&budi, &chat).await?, 1);
    // The same hours of the day, where it is seven hours later.
    set(hours("Asia/Jakarta", hour + 23, hour + 2)).await?;
    stage.say(&chat, "Now?", &Value::Null).await?;
    assert_eq!(kinds(&stage.laptop, &chat), ["message"]);
    set(hours("Asia/Jakarta", hour + 6, hour + 9)).await?;
    stage.say(&chat, "And now?", &Value::Null).await?;
    assert_eq!(kinds(&stage.laptop, &chat), ["message"]);
    set(json!({ "quiet_hours": null })).await?;
    stage.say(&chat, "Good morning", &Value::Null).await?;
    assert_eq!(kinds(&stage.laptop, &chat), ["message", "message"]);
    assert_eq!(kinds(&later, &chat).len(), 2);
    Ok(())
}
