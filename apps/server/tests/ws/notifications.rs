//! What concerns a user: told on each of their devices, and kept in an inbox that is the same on all.

use std::slice;

use anyhow::Context as _;
use kabar_testkit::client::{Account, HttpClient};
use serde_json::{Value, json};

use crate::{
    server::{message, told},
    stage::Stage,
};

on_each_database! {
    each_concern_is_told_on_every_device,
    one_message_is_one_notification,
    an_edit_tells_whom_it_newly_calls,
    what_is_deleted_concerns_nobody,
    what_was_seen_is_seen_on_every_device,
    reading_a_conversation_sees_what_is_in_it,
}

/// A user's inbox as one of their sessions sees it.
pub(crate) async fn inbox(of: &Account) -> anyhow::Result<Vec<Value>> {
    let page = of.http.get("/v1/notifications").await?.expect(200)?;
    Ok(page["items"].as_array().cloned().unwrap_or_default())
}

/// How many of it are unread.
pub(crate) async fn left(of: &Account) -> anyhow::Result<u64> {
    let page = of.http.get("/v1/notifications?only=unread&limit=1").await?.expect(200)?;
    page["unread"].as_u64().context("a number")
}

/// Names and kinds.
fn kinds(notifications: &[Value]) -> Vec<(String, String)> {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    notifications.iter().map(|one| (text(&one["id"]), text(&one["kind"]))).collect()
}

impl Stage {
    /// The notification about an entry that Budi's devices are told, each the same; Ayu's is not.
    pub(crate) async fn told_budi(
        &self,
        conversation: &str,
        pos: u64,
        kind: &str,
    ) -> anyhow::Result<Value> {
        let wanted = |told: &Value| {
            told["conversation_id"] == conversation && told["pos"].as_u64() == Some(pos)
        };
        let first = self.laptop.wait_for("notification", wanted).await?;
        assert_eq!(self.phone.wait_for("notification", wanted).await?, first);
        self.own.wait_for_entry(conversation, pos).await?;
        let own = told(&self.own, "notification", conversation);
        assert!(!own.iter().any(wanted), "nobody is told what they did themselves");
        let named = (json!(format!("{conversation}:{pos}")), json!(kind), json!(self.ayu.id));
        assert_eq!((first["id"].clone(), first["kind"].clone(), first["by"].clone()), named);
        Ok(first)
    }
}

fn pos(message: &Value) -> u64 {
    message["pos"].as_u64().unwrap_or_default()
}

async fn each_concern_is_told_on_every_device(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi, citra) = (stage.ayu.clone(), stage.budi.clone(), stage.citra.clone());
    let (group, chat) = (stage.group.clone(), stage.chat.clone());
    let mut expected = Vec::new();

    let by_budi = stage.post(&budi, "0", "Who comes?").await?;
    stage.post(&ayu, "1", "nothing that concerns anybody").await?;
    let mention = stage.own.send_message_to(&group, "2", "You, @budi?").await?;
    let notice = stage.told_budi(&group, pos(&mention), "mention").await?;
    let about = json!({ "id": mention["id"], "seq": mention["seq"] });
    assert_eq!((&notice["message"], &notice["at"]), (&about, &mention["created_at"]));
    expected.push(notice);

    let all = stage.own.send_message_to(&group, "3", "@all: at nine").await?;
    expected.push(stage.told_budi(&group, pos(&all), "mention_all").await?);

    let mut reply = message(&group, "4", "I do");
    reply["reply_to"] = by_budi["id"].clone();
    let reply = stage.own.request("message.send", reply).await?.ack()?["message"].clone();
    expected.push(stage.told_budi(&group, pos(&reply), "reply").await?);

    let second = ayu.http.create_group("Diving", &[&budi.id]).await?;
    let joined = ayu.http.all_entries(&second).await?.len() as u64;
    let notice = stage.told_budi(&second, joined, "group.joined").await?;
    assert_eq!((&notice["role"], notice.get("message")), (&json!("member"), None));
    expected.push(notice);

    let member = format!("/v1/groups/{second}/members/{}", budi.id);
    ayu.http.patch(&member, &json!({ "role": "moderator" })).await?.expect(200)?;
    let notice = stage.told_budi(&second, joined + 1, "group.role_changed").await?;
    assert_eq!(notice["role"], json!("moderator"));
    expected.push(notice);

    let direct = stage.own.send_message_to(&chat, "5", "Psst").await?;
    expected.push(stage.told_budi(&chat, pos(&direct), "message").await?);

    stage.settle("settle").await?;
    for socket in [&stage.phone, &stage.laptop] {
        let of_group = told(socket, "notification", &group);
        assert_eq!(of_group, expected[..3], "and of nothing else");
    }
    assert_eq!(told(&stage.own, "notification", &group), Vec::<Value>::new());

    // The inbox of each session is what was told, the latest first, after the group that was there.
    let mut names = kinds(&expected);
    names.reverse();
    // The last message of the direct conversation stands for all of them.
    let (last, _) = kinds(&told(&stage.laptop, "notification", &chat)).pop().context("one")?;
    names[0].0 = last;
    names.push((format!("{group}:2"), "group.joined".into()));
    for session in [&budi, &http.log_in("budi").await?] {
        let kept = inbox(session).await?;
        assert_eq!(kinds(&kept), names);
        assert_eq!((&kept[0]["unread"], &kept[0]["message"]["body"]), (&json!(2), &json!("last")));
        assert_eq!(kept[5]["message"]["body"], "You, @budi?");
        assert!(kept.iter().all(|one| one["read"] == json!(false)), "{kept:?}");
    }
    // Who was away finds theirs.
    let of_citra = kinds(&inbox(&citra).await?);
    let all = (format!("{group}:{}", pos(&all)), "mention_all".to_owned());
    assert_eq!(of_citra, [all, (format!("{group}:3"), "group.joined".into())]);
    // What the author's inbox has is Budi's doing only.
    assert_eq!(kinds(&inbox(&ayu).await?), Vec::new());
    Ok(())
}

async fn one_message_is_one_notification(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (budi, group) = (stage.budi.clone(), stage.group.clone());
    let by_budi = stage.post(&budi, "1", "Who comes?").await?;
    let send = async |client_id: &str, body: &str| {
        let mut reply = message(&stage.group, client_id, body);
        reply["reply_to"] = by_budi["id"].clone();
        let sent = stage.own.request("message.send", reply).await?.ack()?;
        anyhow::Ok(pos(&sent["message"]))
    };
    let both = send("2", "@all and @budi: me").await?;
    let one = send("3", "@all: me").await?;
    stage.told_budi(&group, both, "mention").await?;
    stage.told_budi(&group, one, "reply").await?;
    stage.settle("settle").await?;
    assert_eq!(told(&stage.laptop, "notification", &group).len(), 2);
    let kept = kinds(&inbox(&budi).await?);
    let of_group = kept.iter().filter(|(id, _)| id.starts_with(&group)).cloned();
    let expected = [
        (format!("{group}:{one}"), "reply".to_owned()),
        (format!("{group}:{both}"), "mention".to_owned()),
        (format!("{group}:2"), "group.joined".to_owned()),
    ];
    assert_eq!(of_group.collect::<Vec<_>>(), expected);
    Ok(())
}

async fn an_edit_tells_whom_it_newly_calls(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi, group) = (stage.ayu.clone(), stage.budi.clone(), stage.group.clone());
    let posted = stage.post(&ayu, "1", "Somebody?").await?;
    let path = stage.path(&posted, "");
    let edit = async |body: &str| {
        ayu.http.patch(&path, &json!({ "body": body })).await?.expect(200)?;
        anyhow::Ok(ayu.http.all_entries(&group).await?.len() as u64)
    };
    let first = edit("@budi?").await?;
    let notice = stage.told_budi(&group, first, "mention").await?;
    let second = edit("@budi!").await?;
    stage.laptop.wait_for_entry(&group, second).await?;
    stage.settle("settle").await?;
    assert_eq!(
        told(&stage.laptop, "notification", &group),
        slice::from_ref(&notice),
        "called already"
    );
    let kept = inbox(&budi).await?;
    let of_message: Vec<_> =
        kept.iter().filter(|one| one["message"]["id"] == posted["id"]).collect();
    assert_eq!(of_message.len(), 1, "{kept:?}");
    assert_eq!(of_message[0]["kind"], "mention");
    assert_eq!(of_message[0]["id"], notice["id"], "the same name as it was told by");
    assert_eq!(of_message[0]["message"]["body"], "@budi!", "as it is now");

    edit("Nobody.").await?;
    let kept = inbox(&budi).await?;
    assert!(kept.iter().all(|one| one["message"]["id"] != posted["id"]), "{kept:?}");
    Ok(())
}

async fn what_is_deleted_concerns_nobody(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    let before = kinds(&inbox(&budi).await?);
    let posted = stage.post(&ayu, "1", "@budi, @all: a slip").await?;
    assert_eq!(inbox(&budi).await?.len(), before.len() + 1);
    stage.own.request("message.delete", stage.on(&posted)).await?.ack()?;
    assert_eq!(kinds(&inbox(&budi).await?), before);
    let direct = ayu.http.post_message(&stage.chat, "2", "another").await?;
    assert_eq!(inbox(&budi).await?.len(), before.len() + 1);
    let on = json!({ "conversation_id": stage.chat, "message_id": direct["id"] });
    stage.own.request("message.delete", on).await?.ack()?;
    assert_eq!(kinds(&inbox(&budi).await?), before);
    Ok(())
}

async fn what_was_seen_is_seen_on_every_device(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    let first = stage.post(&ayu, "1", "@budi").await?;
    stage.post(&ayu, "2", "@all").await?;
    ayu.http.post_message(&stage.chat, "3", "Psst").await?;
    // The mention, the call, the direct conversation, and the group he was added to.
    assert_eq!(left(&budi).await?, 4);
    let id = format!("{}:{}", stage.group, pos(&first));
    let mark = async |ids: Value| budi.http.post("/v1/notifications/read", &ids).await?.expect(200);
    assert_eq!(mark(json!({ "ids": [id] })).await?, json!({ "unread": 3 }));
    for socket in [&stage.phone, &stage.laptop] {
        let expected = json!({ "ids": [id], "unread": 3 });
        socket.wait_for("notifications.read", |told| *told == expected).await?;
    }
    let other = http.log_in("budi").await?;
    let seen = async || {
        let all = inbox(&other).await?.into_iter();
        let seen = all.filter(|one| one["read"] == json!(true)).map(|one| one["id"].clone());
        anyhow::Ok(seen.collect::<Vec<_>>())
    };
    assert_eq!(seen().await?, [json!(id)]);
    // Again changes nothing, and neither does what is not in it.
    mark(json!({ "ids": [id, format!("{}:999", stage.group)] })).await?;

    assert_eq!(mark(json!({})).await?, json!({ "unread": 1 }), "but for the direct conversation");
    for socket in [&stage.phone, &stage.laptop] {
        socket.wait_for("notifications.read", |told| *told == json!({ "unread": 1 })).await?;
    }
    assert_eq!((seen().await?.len(), left(&other).await?), (3, 1));
    stage.settle("settle").await?;
    let told = stage.laptop.events().into_iter().filter(|it| it.name == "notifications.read");
    assert_eq!(told.count(), 2);
    let of_ayu = stage.own.events().into_iter().filter(|it| it.name == "notifications.read");
    assert_eq!(of_ayu.count(), 0);
    Ok(())
}

async fn reading_a_conversation_sees_what_is_in_it(http: &HttpClient) -> anyhow::Result<()> {
    let mut stage = Stage::set(http).await?;
    let (ayu, budi) = (stage.ayu.clone(), stage.budi.clone());
    stage.post(&ayu, "1", "@budi").await?;
    let second = stage.post(&ayu, "2", "@all").await?;
    let direct = ayu.http.post_message(&stage.chat, "3", "Psst").await?;
    assert_eq!(left(&budi).await?, 4);
    let to =
        |conversation: &str, seq: &Value| json!({ "conversation_id": conversation, "seq": seq });
    stage.phone.request("read", to(&stage.group, &json!(1))).await?.ack()?;
    assert_eq!(left(&budi).await?, 3);
    stage.phone.request("read", to(&stage.group, &second["seq"])).await?.ack()?;
    assert_eq!(left(&budi).await?, 2);
    stage.phone.request("read", to(&stage.chat, &direct["seq"])).await?.ack()?;
    assert_eq!(left(&budi).await?, 1, "his joining the group is left");
    Ok(())
}
