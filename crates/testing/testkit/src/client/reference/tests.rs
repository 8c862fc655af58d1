use serde_json::{Value, json};

use super::*;

const CONVERSATION: &str = "c";
const ME: &str = "ayu";

fn at(pos: u64) -> String {
    format!("2026-03-01T09:30:00.{pos:03}Z")
}

fn entry(pos: u64, by: &str, kind: &str, about: Value) -> Value {
    let mut entry = json!({
        "conversation_id": CONVERSATION, "pos": pos, "at": at(pos), "by": by, "type": kind,
    });
    entry["data"] = about;
    entry
}

/// A message as it was posted.
fn message(seq: u64, pos: u64, author: &str, body: &str) -> Value {
    json!({
        "id": format!("m{seq}"), "conversation_id": CONVERSATION, "seq": seq, "pos": pos,
        "author_id": author, "client_id": format!("k{seq}"), "body": body, "reply_to": null,
        "mentions": [], "reactions": [], "created_at": at(pos), "edited_at": null,
        "deleted_at": null,
    })
}

fn with(mut message: Value, changes: &Value) -> Value {
    let fields = message.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    message
}

fn posted(message: &Value) -> Value {
    let by = message["author_id"].as_str().unwrap();
    entry(message["pos"].as_u64().unwrap(), by, "message.posted", json!({ "message": message }))
}

fn edited(pos: u64, message: &Value, body: &str) -> Value {
    let by = message["author_id"].as_str().unwrap();
    let message = with(message.clone(), &json!({ "body": body, "edited_at": at(pos) }));
    entry(pos, by, "message.edited", json!({ "message": message }))
}

fn named(pos: u64, by: &str, kind: &str, seq: u64) -> Value {
    entry(pos, by, kind, json!({ "message_id": format!("m{seq}"), "seq": seq }))
}

fn reacted(pos: u64, by: &str, kind: &str, seq: u64, count: u64) -> Value {
    let id = format!("m{seq}");
    entry(pos, by, kind, json!({ "message_id": id, "seq": seq, "emoji": "👍", "count": count }))
}

fn member(pos: u64, by: &str, kind: &str, user: &str, role: Option<&str>) -> Value {
    let mut about = json!({ "user_id": user });
    if let Some(role) = role {
        about["role"] = json!(role);
    }
    entry(pos, by, kind, about)
}

fn answer() -> Value {
    let first = message(1, 4, ME, "who comes?");
    let quote = json!({
        "id": "m1", "seq": 1, "author_id": ME, "body": first["body"],
        "edited_at": null, "deleted_at": null,
    });
    with(
        message(2, 5, "budi", "@ayu me"),
        &json!({
            "reply_to": "m1", "quote": quote, "mentions": ["ayu"],
        }),
    )
}

/// A group in which everything happens that may.
fn story() -> Vec<Value> {
    let first = message(1, 4, ME, "who comes?");
    let forwarded = json!({ "author_id": "dewi", "created_at": at(0) });
    let third = with(message(3, 6, "citra", "not me"), &json!({ "forwarded": forwarded }));
    vec![
        entry(1, ME, "group.created", json!({ "name": "Climbing", "description": "" })),
        member(2, ME, "member.joined", "budi", Some("member")),
        member(3, ME, "member.joined", "citra", Some("member")),
        posted(&first),
        posted(&answer()),
        posted(&third),
        edited(7, &first, "who comes on Sunday?"),
        reacted(8, "budi", "reaction.added", 1, 1),
        reacted(9, ME, "reaction.added", 1, 2),
        reacted(10, "budi", "reaction.removed", 1, 1),
        named(11, ME, "message.pinned", 1),
        named(12, ME, "message.pinned", 3),
        named(13, ME, "message.unpinned", 1),
        named(14, "citra", "message.deleted", 3),
        entry(15, ME, "group.updated", json!({ "name": "Climbing on Sunday" })),
        member(16, ME, "member.role_changed", "budi", Some("admin")),
        member(17, "citra", "member.left", "citra", None),
        member(18, ME, "member.removed", "budi", None),
    ]
}

fn replay(entries: &[Value]) -> anyhow::Result<Replica> {
    let mut replica = Replica::of_group(ME, CONVERSATION);
    for entry in entries {
        replica.apply(entry)?;
    }
    Ok(replica)
}

/// What a server that holds the same shows.
fn snapshot(replica: &Replica) -> Snapshot {
    Snapshot {
        me: ME.to_owned(),
        conversation: CONVERSATION.to_owned(),
        picture: replica.picture.clone(),
        shown: replica.picture.shown(ME),
    }
}

/// The positions as if nothing had been changed.
fn renumbered(mut entries: Vec<Value>) -> Vec<Value> {
    for (pos, entry) in (1..).zip(&mut entries) {
        entry["pos"] = json!(pos);
        if entry["type"] == "message.posted" {
            entry["data"]["message"]["pos"] = json!(pos);
        }
    }
    entries
}

fn is_noticed(entries: &[Value], truth: &Snapshot) -> bool {
    replay(entries).and_then(|replica| replica.agrees_with(truth)).is_err()
}

#[test]
fn a_story_is_told() {
    let replica = replay(&story()).unwrap();
    let shown = replica.picture.shown(ME);
    assert_eq!(shown["head"], 18);
    assert_eq!(shown["name"], "Climbing on Sunday");
    assert_eq!(shown["members"], json!({ "ayu": { "role": "owner", "joined_at": at(1) } }));
    assert_eq!(shown["pins"], json!([]));
    let messages = &shown["messages"];
    assert_eq!(messages["000001"]["body"], "who comes on Sunday?");
    assert_eq!(
        messages["000001"]["reactions"],
        json!({ "👍": { "place": 0, "count": 1, "mine": true } })
    );
    assert_eq!(messages["000002"]["quote"]["body"], "who comes on Sunday?");
    assert_eq!(messages["000002"]["quote"]["edited_at"], at(7));
    assert_eq!(messages["000003"]["body"], "");
    assert_eq!(messages["000003"]["deleted_at"], at(14));
    assert_eq!(messages["000003"].get("forwarded"), None);
    assert_eq!((&shown["cursor"]["unread"], &shown["cursor"]["mentions"]), (&json!(1), &json!(1)));
    replica.agrees_with(&snapshot(&replica)).unwrap();
}

#[test]
fn what_a_replica_has_may_come_again_and_nothing_else_in_its_place() {
    let mut replica = replay(&story()).unwrap();
    for entry in story() {
        assert_eq!(replica.apply(&entry).unwrap(), Taken::Old);
        let twin = with(entry, &json!({ "by": "dewi" }));
        assert!(replica.apply(&twin).is_err(), "{twin}");
    }
    // Its present state is not what an entry is known by.
    let deleted = with(message(3, 6, "citra", ""), &json!({ "deleted_at": at(14) }));
    assert_eq!(replica.apply(&posted(&deleted)).unwrap(), Taken::Old);
    assert!(replica.page(&story()).is_err());
}

#[test]
fn a_dropped_entry_is_noticed_also_when_the_hole_is_closed() {
    let truth = snapshot(&replay(&story()).unwrap());
    for lost in 0..story().len() {
        let mut entries = story();
        entries.remove(lost);
        assert!(is_noticed(&entries, &truth), "{lost}");
        assert!(is_noticed(&renumbered(entries), &truth), "{lost}");
    }
}

#[test]
fn a_doubled_entry_is_noticed() {
    let truth = snapshot(&replay(&story()).unwrap());
    for twice in 0..story().len() {
        let mut entries = story();
        entries.insert(twice, entries[twice].clone());
        assert!(is_noticed(&renumbered(entries.clone()), &truth), "{twice}");
    }
    let reader = || Replica::of_group(ME, CONVERSATION);
    let (page, last) = (&story()[..6], &story()[5..6]);
    reader().page(page).unwrap();
    assert!(reader().page(&[page, last].concat()).is_err());
}

#[test]
fn entries_out_of_order_are_noticed() {
    for first in 0..story().len() - 1 {
        let mut entries = story();
        entries.swap(first, first + 1);
        assert!(replay(&entries).is_err(), "{first}");
    }
}

#[test]
fn what_cannot_have_happened_is_noticed() {
    let deleted = with(message(3, 6, "citra", ""), &json!({ "deleted_at": at(14) }));
    for impossible in [
        posted(&message(4, 19, "budi", "still here")),
        posted(&message(5, 19, ME, "a number is missing")),
        posted(&with(message(4, 19, ME, "again"), &json!({ "client_id": "k1" }))),
        posted(&with(message(4, 19, ME, "again"), &json!({ "id": "m2" }))),
        posted(&with(message(4, 19, ME, "x"), &json!({ "reactions": [{ "emoji": "👍" }] }))),
        posted(&with(message(4, 19, ME, "x"), &json!({ "pos": 18 }))),
        posted(&message(4, 19, ME, "")),
        edited(19, &deleted, "I did say it"),
        edited(19, &message(4, 19, ME, "x"), "of nothing"),
        named(19, ME, "message.deleted", 3),
        named(19, ME, "message.pinned", 3),
        named(19, ME, "message.unpinned", 1),
        reacted(19, ME, "reaction.added", 1, 2),
        reacted(19, ME, "reaction.added", 2, 2),
        reacted(19, ME, "reaction.added", 3, 1),
        reacted(19, ME, "reaction.removed", 1, 1),
        member(19, ME, "member.joined", ME, Some("member")),
        member(19, ME, "member.left", "budi", None),
        member(19, ME, "member.removed", "budi", None),
        member(19, ME, "member.role_changed", ME, Some("owner")),
        entry(19, ME, "group.created", json!({ "name": "n", "description": "" })),
        entry(19, ME, "group.updated", json!({})),
        entry(19, ME, "group.closed", json!({})),
    ] {
        assert!(replay(&story()).unwrap().apply(&impossible).is_err(), "{impossible}");
    }
}

#[test]
fn a_text_that_was_removed_is_noticed_wherever_it_is_left() {
    let replica = replay(&story()).unwrap();
    let truth = snapshot(&replica);
    // A message whose deletion never came.
    let mut lost = story();
    lost[13] = entry(14, ME, "group.updated", json!({ "name": "Climbing" }));
    assert!(is_noticed(&lost, &truth));
    // A log that is read afterwards, and shows what was.
    assert!(Replica::of_group(ME, CONVERSATION).page(&story()).is_err());
    assert!(truth.explains(&story()).is_err());
    assert!(truth.explains(&story()[5..6]).is_err());
    assert!(truth.explains(&story()[6..7]).is_ok());
    // A tombstone with something in it.
    for left in [
        json!({ "body": "not me" }),
        json!({ "mentions": ["ayu"] }),
        json!({ "mentions_all": true }),
        json!({ "forwarded": {} }),
    ] {
        let tombstone = with(message(4, 19, ME, ""), &json!({ "deleted_at": at(20) }));
        let tombstone = posted(&with(tombstone, &left));
        assert!(replay(&story()).unwrap().apply(&tombstone).is_err(), "{tombstone}");
    }
    // An answer that quotes it.
    let quote = json!({
        "id": "m3", "seq": 3, "author_id": "citra", "body": "not me",
        "edited_at": null, "deleted_at": null,
    });
    let changes = json!({ "reply_to": "m3", "quote": quote });
    let quoting = posted(&with(message(4, 19, ME, "why not?"), &changes));
    assert!(replay(&story()).unwrap().apply(&quoting).is_err());
}

#[test]
fn an_answer_shows_what_it_answers_as_that_is_now() {
    let mut replica = replay(&story()).unwrap();
    replica.apply(&named(19, ME, "message.deleted", 1)).unwrap();
    let messages = &replica.picture.shown(ME)["messages"];
    assert_eq!(messages["000001"]["reactions"], json!({}));
    let quote = &messages["000002"]["quote"];
    assert_eq!((&quote["body"], &quote["deleted_at"]), (&json!(""), &json!(at(19))));
    // Shown as it was before the edit: another state than the server's.
    let mut stale = snapshot(&replica);
    stale.shown["messages"]["000002"]["quote"]["body"] = json!("who comes?");
    assert!(replica.agrees_with(&stale).is_err());
}

#[test]
fn a_log_that_is_read_afterwards_shows_the_present_and_comes_to_the_same() {
    let replica = replay(&story()).unwrap();
    let shown = |seq: u64| {
        let mut message = replica.picture.messages[&seq].message.clone();
        message["reactions"] = json!([]);
        message
    };
    let mut entries = story();
    for (at, seq) in [(3, 1), (4, 2), (5, 3), (6, 1)] {
        entries[at]["data"]["message"] = shown(seq);
    }
    let mut reader = Replica::of_group(ME, CONVERSATION);
    reader.page(&entries).unwrap();
    reader.agrees_with(&snapshot(&replica)).unwrap();
    snapshot(&replica).explains(&entries).unwrap();
    // Read once more after another edit, it shows that one; what is read later may not go back.
    let again = with(shown(1), &json!({ "body": "who comes at all?", "edited_at": at(19) }));
    entries[3] = posted(&again);
    // Its answer shows it in the same state, or the page is refused.
    assert!(Replica::of_group(ME, CONVERSATION).page(&entries[..5]).is_err());
    let quote = &mut entries[4]["data"]["message"]["quote"];
    *quote = with(quote.clone(), &json!({ "body": "who comes at all?", "edited_at": at(19) }));
    let mut reader = Replica::of_group(ME, CONVERSATION);
    reader.page(&entries[..5]).unwrap();
    assert!(reader.clone().page(&entries[5..7]).is_err());
    entries[5..7].iter().for_each(|entry| assert!(reader.apply(entry).is_ok(), "{entry}"));
    assert_eq!(reader.picture.shown(ME)["messages"]["000001"]["body"], "who comes at all?");
}

#[test]
fn ones_own_cursor_goes_forward_only() {
    let cursor = |read: u64, delivered: u64, marked: bool| {
        json!({
            "user_id": ME, "read_seq": read, "delivered_seq": delivered, "marked_unread": marked,
        })
    };
    let mut replica = replay(&story()).unwrap();
    replica.cursor(&cursor(2, 2, true)).unwrap();
    replica.cursor(&json!({ "user_id": ME, "delivered_seq": 3 })).unwrap();
    replica.cursor(&cursor(1, 1, true)).unwrap();
    let shown = json!({
        "read_seq": 2, "delivered_seq": 3, "marked_unread": true, "unread": 0, "mentions": 0,
    });
    assert_eq!(replica.picture.shown(ME)["cursor"], shown, "the third message was deleted");
    assert!(replica.cursor(&cursor(3, 2, false)).is_err());
    assert!(replica.cursor(&json!({ "user_id": "budi", "delivered_seq": 3 })).is_err());
}

#[test]
fn emojis_stand_in_the_order_in_which_each_was_first_used() {
    let with = |pos, by, kind, count, emoji: &str| {
        let mut entry = reacted(pos, by, kind, 2, count);
        entry["data"]["emoji"] = json!(emoji);
        entry
    };
    let mut replica = replay(&story()[..6]).unwrap();
    let places = |replica: &Replica| {
        let reactions = &replica.picture.shown(ME)["messages"]["000002"]["reactions"];
        (reactions["👍"]["place"].clone(), reactions["❤️"]["place"].clone())
    };
    replica.apply(&with(7, ME, "reaction.added", 1, "👍")).unwrap();
    replica.apply(&with(8, "budi", "reaction.added", 1, "❤️")).unwrap();
    replica.apply(&with(9, "citra", "reaction.added", 2, "👍")).unwrap();
    replica.apply(&with(10, ME, "reaction.removed", 1, "👍")).unwrap();
    assert_eq!(places(&replica), (json!(0), json!(1)), "still used");
    // A server that shows them by the earliest reaction that is left.
    let mut other = snapshot(&replica);
    replica.agrees_with(&other).unwrap();
    let reactions = &mut other.shown["messages"]["000002"]["reactions"];
    reactions["👍"]["place"] = json!(1);
    reactions["❤️"]["place"] = json!(0);
    assert!(replica.agrees_with(&other).is_err());
    replica.apply(&with(11, "citra", "reaction.removed", 0, "👍")).unwrap();
    replica.apply(&with(12, "citra", "reaction.added", 1, "👍")).unwrap();
    assert_eq!(places(&replica), (json!(1), json!(0)), "come back");
}

#[test]
fn a_difference_says_where_it_is() {
    let replica = replay(&story()).unwrap();
    let mut other = snapshot(&replica);
    other.shown["messages"]["000001"]["reactions"]["👍"]["count"] = json!(7);
    other.shown["pins"] = json!([{ "message_id": "m1", "by": ME, "at": at(9) }]);
    let told = replica.agrees_with(&other).unwrap_err().to_string();
    assert!(told.contains("/messages/000001/reactions/👍/count: 1 | 7"), "{told}");
    assert!(told.contains("/pins"), "{told}");
    other.shown["messages"] =
        json!((0..100).map(|n| (n.to_string(), n)).collect::<BTreeMap<_, _>>());
    let told = replica.agrees_with(&other).unwrap_err().to_string();
    assert!(told.lines().count() < 30 && told.contains("more"), "{told}");
}
