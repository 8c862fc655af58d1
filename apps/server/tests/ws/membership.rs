//! Who hears of a conversation, from when and until when.

use std::slice;

use kabar_testkit::client::{Account, HttpClient, WsClient};
use serde_json::{Value, json};

use crate::server::{assert_lives, device, message, positions, told, write_many};

on_each_database! {
    both_hear_of_a_direct_conversation_that_is_opened,
    members_hear_of_a_group_that_is_made,
    a_new_member_hears_of_what_follows,
    a_removed_member_hears_nothing_more,
    a_member_who_left_hears_nothing_more,
    nothing_is_sent_after_a_removal_that_races,
}

/// What a socket was told of being added, which is once.
async fn added(socket: &WsClient, conversation: &str) -> anyhow::Result<Value> {
    let about = |told: &Value| told["conversation_id"] == conversation;
    let first = socket.wait_for("conversation.added", about).await?;
    assert_eq!(told(socket, "conversation.added", conversation), slice::from_ref(&first));
    Ok(first)
}

async fn both_hear_of_a_direct_conversation_that_is_opened(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let (ayu, budi) = (http.register("ayu").await?, http.register("budi").await?);
    let sockets = [
        device(&ayu).await?,
        device(&http.log_in("ayu").await?).await?,
        device(&budi).await?,
        device(&http.log_in("budi").await?).await?,
    ];
    let chat = ayu.http.open_direct(&budi.id).await?;
    assert_eq!(budi.http.open_direct(&ayu.id).await?, chat);
    sockets[0].send_message_to(&chat, "1", "hi").await?;
    for socket in &sockets {
        socket.wait_for_entry(&chat, 1).await?;
        let expected = json!({ "conversation_id": chat, "kind": "direct", "head": 0 });
        assert_eq!(added(socket, &chat).await?, expected);
        assert_eq!(positions(socket, &chat), [1]);
        let names: Vec<_> = socket.events().into_iter().map(|event| event.name).collect();
        let place = |name: &str| names.iter().position(|other| other == name);
        assert!(place("conversation.added") < place("entry"), "{names:?}");
    }
    Ok(())
}

async fn members_hear_of_a_group_that_is_made(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (http.register("ayu").await?, http.register("budi").await?);
    let (owner, member) = (device(&ayu).await?, device(&budi).await?);
    let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
    let log = ayu.http.all_entries(&group).await?;
    assert_eq!(log[0]["type"], "group.created");
    let joined = log.iter().position(|entry| entry["data"]["user_id"] == budi.id.as_str());
    let joined = joined.unwrap_or_default();
    for (socket, head) in [(&owner, 0), (&member, joined)] {
        socket.wait_for_entry(&group, log.len() as u64).await?;
        let expected = json!({ "conversation_id": group, "kind": "group", "head": head });
        assert_eq!(added(socket, &group).await?, expected);
        assert_lives(socket).await?;
        assert_eq!(told(socket, "entry", &group), log[head..]);
    }
    Ok(())
}

async fn a_new_member_hears_of_what_follows(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (http.register("ayu").await?, http.register("budi").await?);
    let group = ayu.http.create_group("Climbing", &[]).await?;
    let newcomer = device(&budi).await?;
    write_many(&ayu, &group, 0..40).await?;
    let writing = write_many(&ayu, &group, 40..80);
    let members = format!("/v1/groups/{group}/members");
    let body = json!({ "user_ids": [budi.id] });
    let adding = ayu.http.post(&members, &body);
    let (written, adding) = tokio::join!(writing, adding);
    written?;
    adding?.expect(200)?;
    let log = ayu.http.all_entries(&group).await?;
    let head = added(&newcomer, &group).await?["head"].as_u64().unwrap_or_default();
    newcomer.wait_for_entry(&group, log.len() as u64).await?;
    assert_lives(&newcomer).await?;
    let seen = told(&newcomer, "entry", &group);
    assert_eq!(seen[0]["type"], "member.joined", "the first entry is the own joining");
    assert_eq!(seen, log[usize::try_from(head)?..], "what follows, whole and in order");
    Ok(())
}

/// Ayu's group with Budi and Citra, and a device of each.
async fn three(http: &HttpClient) -> anyhow::Result<(String, [Account; 3], [WsClient; 3])> {
    let mut accounts = Vec::new();
    let mut devices = Vec::new();
    for name in ["ayu", "budi", "citra"] {
        let account = http.register(name).await?;
        devices.push(device(&account).await?);
        accounts.push(account);
    }
    let [ayu, budi, citra] = accounts.try_into().map_err(|_| anyhow::anyhow!("three"))?;
    let group = ayu.http.create_group("Climbing", &[&budi.id, &citra.id]).await?;
    let devices = devices.try_into().map_err(|_| anyhow::anyhow!("three"))?;
    Ok((group, [ayu, budi, citra], devices))
}

/// Checks that Budi, who is out by the entry at `out`, hears nothing of what comes after it, and that
/// the others do.
async fn assert_out(
    group: &str,
    out: u64,
    [owner, former, other]: &[WsClient; 3],
) -> anyhow::Result<()> {
    former.wait_for("conversation.removed", |told| told["conversation_id"] == group).await?;
    for number in 1..=5 {
        owner.send_message_to(group, &number.to_string(), "without him").await?;
    }
    let refused = former.request("message.send", message(group, "late", "let me in")).await?;
    assert_eq!(refused.code(), "chat.conversation_not_found");
    let read = json!({ "conversation_id": group, "seq": 1 });
    assert_eq!(former.request("read", read).await?.code(), "chat.conversation_not_found");
    for socket in [owner, other] {
        socket.wait_for_entry(group, out + 5).await?;
        socket.verify_gapless()?;
        assert_eq!(told(socket, "conversation.removed", group), Vec::<Value>::new());
    }
    // The others have what was sent, so it would wait before this answer if it was his as well.
    assert_lives(former).await?;
    assert!(positions(former, group).iter().all(|pos| *pos < out), "{former:?}");
    let removed = json!({ "conversation_id": group });
    assert_eq!(told(former, "conversation.removed", group), [removed]);
    let synced = former.request("sync", json!({ "positions": { group: out } })).await?.ack()?;
    assert_eq!(synced["conversations"], json!([]));
    Ok(())
}

async fn a_removed_member_hears_nothing_more(http: &HttpClient) -> anyhow::Result<()> {
    let (group, [ayu, budi, _], devices) = three(http).await?;
    let member = format!("/v1/groups/{group}/members/{}", budi.id);
    assert_eq!(ayu.http.delete(&member).await?.status, 204);
    let out = ayu.http.all_entries(&group).await?.len() as u64;
    let entry = devices[0].wait_for_entry(&group, out).await?;
    assert_eq!((&entry["type"], &entry["by"]), (&json!("member.removed"), &json!(ayu.id)));
    assert_out(&group, out, &devices).await
}

async fn a_member_who_left_hears_nothing_more(http: &HttpClient) -> anyhow::Result<()> {
    let (group, [ayu, budi, _], devices) = three(http).await?;
    budi.http.post(&format!("/v1/groups/{group}/leave"), &json!({})).await?.expect(204)?;
    let out = ayu.http.all_entries(&group).await?.len() as u64;
    let entry = devices[0].wait_for_entry(&group, out).await?;
    assert_eq!((&entry["type"], &entry["by"]), (&json!("member.left"), &json!(budi.id)));
    assert_out(&group, out, &devices).await
}

async fn nothing_is_sent_after_a_removal_that_races(http: &HttpClient) -> anyhow::Result<()> {
    let (group, [ayu, budi, _], [owner, sender, other]) = three(http).await?;
    let mut sent = Vec::new();
    for number in 0..150 {
        let text = number.to_string();
        sent.push(sender.send("message.send", message(&group, &text, "quick")).await?);
    }
    sender.reply(&sent[5]).await?.ack()?;
    let member = format!("/v1/groups/{group}/members/{}", budi.id);
    assert_eq!(ayu.http.delete(&member).await?.status, 204);
    let mut accepted = 0;
    for id in &sent {
        let reply = sender.reply(id).await?;
        match reply.code() {
            "" => accepted += 1,
            code => assert_eq!(code, "chat.conversation_not_found"),
        }
    }
    owner.send_message_to(&group, "last", "is he gone?").await?;
    let log = ayu.http.all_entries(&group).await?;
    let removal = log.iter().position(|entry| entry["type"] == "member.removed");
    let removal = removal.unwrap_or_default();
    let by_him = |entry: &&Value| entry["by"] == budi.id.as_str();
    assert_eq!(log[..removal].iter().filter(by_him).count(), accepted);
    assert_eq!(log[removal..].iter().filter(by_him).count(), 0);
    other.wait_for_entry(&group, log.len() as u64).await?;
    assert_eq!(other.verify_gapless()?.head(&group), log.len() as u64);
    assert_lives(&sender).await?;
    assert!(positions(&sender, &group).iter().all(|pos| *pos <= removal as u64));
    Ok(())
}
