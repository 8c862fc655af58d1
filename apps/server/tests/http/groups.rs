use kabar_testkit::client::{Account, HttpClient};
use serde_json::{Value, json};

use crate::server::{assert_alike, assert_problem, somebody, text};

on_each_database! {
    a_group_is_made_with_its_first_members,
    a_group_of_unknown_users_is_not_made,
    a_group_is_renamed_by_those_who_may,
    members_are_added_once,
    members_are_listed_in_the_order_they_joined,
    roles_are_given_from_above,
    a_removed_member_is_a_stranger_at_once,
    a_group_keeps_an_owner,
    a_stranger_learns_nothing_of_a_group,
    every_change_is_an_entry_of_the_log,
}

const NOBODY: &str = "0198c0de-0000-7000-8000-000000000001";

/// Ayu owns a group with Budi and Citra.
async fn three(http: &HttpClient) -> anyhow::Result<(Account, Account, Account, String)> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let citra = somebody(http, "citra").await?;
    let group = ayu.http.create_group("Climbing", &[&budi.id, &citra.id]).await?;
    Ok((ayu, budi, citra, group))
}

async fn give(
    by: &Account,
    group: &str,
    to: &Account,
    role: &str,
) -> anyhow::Result<kabar_testkit::client::Answer> {
    by.http.patch(&format!("/v1/groups/{group}/members/{}", to.id), &json!({"role": role})).await
}

async fn a_group_is_made_with_its_first_members(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let body = json!({
        "name": " Climbing on Sunday ", "description": "Ropes\nand chalk",
        "member_ids": [budi.id, ayu.id, budi.id],
    });
    let made = ayu.http.post("/v1/groups", &body).await?.expect(201)?;
    assert_eq!((text(&made, "/name"), text(&made, "/role")), ("Climbing on Sunday", "owner"));
    assert_eq!(text(&made, "/description"), "Ropes\nand chalk");
    assert_eq!((&made["member_count"], &made["id"]), (&json!(2), &made["conversation"]["id"]));
    assert_eq!(text(&made, "/conversation/kind"), "group");
    assert_eq!(made["conversation"]["name"], made["name"]);

    let id = text(&made, "/id");
    let seen = budi.http.get(&format!("/v1/groups/{id}")).await?.expect(200)?;
    assert_eq!((text(&seen, "/role"), text(&seen, "/conversation/role")), ("member", "member"));
    let listed = budi.http.get("/v1/conversations").await?.expect(200)?;
    assert_eq!(text(&listed, "/items/0/name"), "Climbing on Sunday");

    let plain = ayu.http.post("/v1/groups", &json!({"name": "Alone"})).await?.expect(201)?;
    assert_eq!((text(&plain, "/description"), &plain["member_count"]), ("", &json!(1)));
    Ok(())
}

async fn a_group_of_unknown_users_is_not_made(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let body = json!({"name": "Ghosts", "member_ids": [budi.id, NOBODY]});
    let refused = ayu.http.post("/v1/groups", &body).await?;
    assert_problem(&refused, 422, "group.users_not_found")?;
    assert_eq!(text(&refused.body, "/errors/0/field"), "member_ids");
    assert!(text(&refused.body, "/errors/0/message").contains(NOBODY));
    let many: Vec<_> = (0..1001).map(|n| format!("0198c0de-0000-7000-8000-{n:012}")).collect();
    let refused = ayu.http.post("/v1/groups", &json!({"name": "All", "member_ids": many})).await?;
    assert_problem(&refused, 422, "group.too_many_members")?;
    let none = ayu.http.get("/v1/conversations").await?.expect(200)?;
    assert_eq!(none["items"], json!([]));
    Ok(())
}

async fn a_group_is_renamed_by_those_who_may(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _, group) = three(http).await?;
    let path = format!("/v1/groups/{group}");
    let refused = budi.http.patch(&path, &json!({"name": "Mine"})).await?;
    assert_problem(&refused, 403, "group.forbidden")?;
    let changed = ayu.http.patch(&path, &json!({"name": "Diving"})).await?.expect(200)?;
    assert_eq!((text(&changed, "/name"), text(&changed, "/description")), ("Diving", ""));
    let changed = ayu.http.patch(&path, &json!({"description": "deep"})).await?.expect(200)?;
    assert_eq!((text(&changed, "/name"), text(&changed, "/description")), ("Diving", "deep"));
    let head = changed["conversation"]["head"].clone();
    let same = ayu.http.patch(&path, &json!({})).await?.expect(200)?;
    assert_eq!(same["conversation"]["head"], head, "nothing changed, nothing is recorded");
    for wrong in ["", " ", "a\nb", "a\u{202e}b", &"x".repeat(257)] {
        let refused = ayu.http.patch(&path, &json!({"name": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
    }
    let refused = ayu.http.patch(&path, &json!({"description": "x".repeat(2049)})).await?;
    assert_problem(&refused, 422, "request.invalid")
}

async fn members_are_added_once(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, _, group) = three(http).await?;
    let (dewi, path) = (somebody(http, "dewi").await?, format!("/v1/groups/{group}/members"));
    let add = |users: Vec<&str>| json!({"user_ids": users});
    let refused = budi.http.post(&path, &add(vec![&dewi.id])).await?;
    assert_problem(&refused, 403, "group.forbidden")?;
    let refused = ayu.http.post(&path, &add(vec![&dewi.id, NOBODY])).await?;
    assert_problem(&refused, 422, "group.users_not_found")?;
    assert_eq!(text(&refused.body, "/errors/0/field"), "user_ids");
    let refused = ayu.http.post(&path, &add(vec![])).await?;
    assert_problem(&refused, 422, "request.invalid")?;

    let added = ayu.http.post(&path, &add(vec![&dewi.id, &budi.id])).await?.expect(200)?;
    assert_eq!(added, json!({"added": [dewi.id], "already": [budi.id]}));
    let again = ayu.http.post(&path, &add(vec![&dewi.id])).await?.expect(200)?;
    assert_eq!(again, json!({"added": [], "already": [dewi.id]}));
    dewi.http.get(&format!("/v1/groups/{group}")).await?.expect(200)?;
    Ok(())
}

async fn members_are_listed_in_the_order_they_joined(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    let dewi = somebody(http, "dewi").await?;
    let path = format!("/v1/groups/{group}/members");
    ayu.http.post(&path, &json!({"user_ids": [dewi.id]})).await?.expect(200)?;
    let mut found = Vec::new();
    let mut next = format!("{path}?limit=1");
    loop {
        let page = budi.http.get(&next).await?.expect(200)?;
        for member in page["items"].as_array().into_iter().flatten() {
            assert_eq!(text(member, "/joined_at").len(), 24);
            found.push((text(member, "/user_id").to_owned(), text(member, "/role").to_owned()));
        }
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("{path}?limit=1&after={cursor}");
    }
    let last = found.last().map(|(user, _)| user.clone());
    assert_eq!(last.as_ref(), Some(&dewi.id));
    found.sort();
    let mut expected = [(&ayu, "owner"), (&budi, "member"), (&citra, "member"), (&dewi, "member")]
        .map(|(who, role)| (who.id.clone(), role.to_owned()));
    expected.sort();
    assert_eq!(found, expected);
    Ok(())
}

async fn roles_are_given_from_above(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    assert_problem(&give(&budi, &group, &budi, "owner").await?, 403, "group.forbidden")?;
    let given = give(&ayu, &group, &budi, "admin").await?.expect(200)?;
    assert_eq!(given, json!({"user_id": budi.id, "role": "admin"}));
    assert_problem(&give(&budi, &group, &citra, "admin").await?, 403, "group.forbidden")?;
    give(&budi, &group, &citra, "moderator").await?.expect(200)?;
    assert_problem(&give(&budi, &group, &ayu, "member").await?, 403, "group.forbidden")?;
    let stranger = somebody(http, "dewi").await?;
    assert_problem(&give(&ayu, &group, &stranger, "admin").await?, 404, "group.member_not_found")?;
    for wrong in ["king", "Owner", ""] {
        let refused = give(&ayu, &group, &budi, wrong).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "role");
    }
    Ok(())
}

async fn a_removed_member_is_a_stranger_at_once(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    let of_budi = format!("/v1/groups/{group}/members/{}", budi.id);
    assert_problem(&citra.http.delete(&of_budi).await?, 403, "group.forbidden")?;
    let removed = ayu.http.delete(&of_budi).await?;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_problem(&ayu.http.delete(&of_budi).await?, 404, "group.member_not_found")?;

    let post = json!({"body": "still here?"});
    let path = format!("/v1/conversations/{group}/messages");
    assert_problem(&budi.http.post(&path, &post).await?, 404, "chat.conversation_not_found")?;
    assert_problem(&budi.http.get(&path).await?, 404, "chat.conversation_not_found")?;
    let group_path = format!("/v1/groups/{group}");
    assert_problem(&budi.http.get(&group_path).await?, 404, "group.not_found")?;
    assert_eq!(budi.http.get("/v1/conversations").await?.expect(200)?["items"], json!([]));

    let add = json!({"user_ids": [budi.id]});
    ayu.http.post(&format!("{group_path}/members"), &add).await?.expect(200)?;
    budi.http.post(&path, &post).await?.expect(201)?;
    Ok(())
}

async fn a_group_keeps_an_owner(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    let leave = format!("/v1/groups/{group}/leave");
    assert_problem(&ayu.http.post(&leave, &Value::Null).await?, 409, "group.last_owner")?;
    assert_problem(&give(&ayu, &group, &ayu, "member").await?, 409, "group.last_owner")?;
    let of_ayu = format!("/v1/groups/{group}/members/{}", ayu.id);
    assert_problem(&ayu.http.delete(&of_ayu).await?, 409, "group.last_owner")?;

    give(&ayu, &group, &budi, "owner").await?.expect(200)?;
    ayu.http.post(&leave, &Value::Null).await?.expect(204)?;
    assert_problem(&ayu.http.post(&leave, &Value::Null).await?, 404, "group.not_found")?;
    citra.http.delete(&format!("/v1/groups/{group}/members/{}", citra.id)).await?.expect(204)?;
    budi.http.post(&leave, &Value::Null).await?.expect(204)?;
    assert_problem(&budi.http.get(&format!("/v1/groups/{group}")).await?, 404, "group.not_found")
}

async fn a_stranger_learns_nothing_of_a_group(http: &HttpClient) -> anyhow::Result<()> {
    let (_, budi, _, group) = three(http).await?;
    let eve = somebody(http, "eve").await?;
    for rest in ["", "/members"] {
        let known = eve.http.get(&format!("/v1/groups/{group}{rest}")).await?;
        let unknown = eve.http.get(&format!("/v1/groups/{NOBODY}{rest}")).await?;
        assert_problem(&known, 404, "group.not_found")?;
        assert_alike(&known, &unknown)?;
    }
    let role = json!({"role": "owner"});
    for id in [&group, NOBODY] {
        let member = format!("/v1/groups/{id}/members/{}", budi.id);
        for refused in [
            eve.http.patch(&format!("/v1/groups/{id}"), &json!({"name": "Mine"})).await?,
            eve.http
                .post(&format!("/v1/groups/{id}/members"), &json!({"user_ids": [eve.id]}))
                .await?,
            eve.http.patch(&member, &role).await?,
            eve.http.delete(&member).await?,
            eve.http.post(&format!("/v1/groups/{id}/leave"), &Value::Null).await?,
        ] {
            assert_problem(&refused, 404, "group.not_found")?;
        }
    }
    Ok(())
}

async fn every_change_is_an_entry_of_the_log(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi, citra, group) = three(http).await?;
    let path = format!("/v1/groups/{group}");
    ayu.http.patch(&path, &json!({"name": "Diving"})).await?.expect(200)?;
    give(&ayu, &group, &budi, "admin").await?.expect(200)?;
    budi.http.post_message(&group, "1", "hello").await?;
    budi.http.delete(&format!("{path}/members/{}", citra.id)).await?.expect(204)?;
    budi.http.post(&format!("{path}/leave"), &Value::Null).await?.expect(204)?;

    let entries = ayu.http.all_entries(&group).await?;
    for (pos, entry) in entries.iter().enumerate() {
        assert_eq!(
            (&entry["pos"], text(entry, "/conversation_id")),
            (&json!(pos + 1), group.as_str())
        );
    }
    let said: Vec<_> = entries
        .iter()
        .filter(|entry| text(entry, "/type") != "message.posted")
        .map(|entry| (text(entry, "/by"), text(entry, "/type"), entry["data"].clone()))
        .collect();
    let (a, b, c) = (ayu.id.as_str(), budi.id.as_str(), citra.id.as_str());
    let mut joined = said[1..3].to_vec();
    joined.sort_by_key(|(_, _, data)| text(data, "/user_id") != b);
    assert_eq!(
        joined,
        [
            (a, "member.joined", json!({"user_id": b, "role": "member"})),
            (a, "member.joined", json!({"user_id": c, "role": "member"})),
        ]
    );
    assert_eq!(said[0], (a, "group.created", json!({"name": "Climbing", "description": ""})));
    assert_eq!(
        said[3..],
        [
            (a, "group.updated", json!({"name": "Diving"})),
            (a, "member.role_changed", json!({"user_id": b, "role": "admin"})),
            (b, "member.removed", json!({"user_id": c})),
            (b, "member.left", json!({"user_id": b})),
        ]
    );
    assert_eq!(entries.len(), 8);
    Ok(())
}
