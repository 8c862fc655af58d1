//! `CursorStore`: moving cursors, and the numbers that are counted from them.

use std::sync::Arc;

use kabar_chats::{Cursor, Mentions, UNREAD_CAP, ports::NewMessage};
use kabar_kernel::{Seq, Timestamp};
use kabar_notifications::INBOX_CAP;

use crate::{
    Stores,
    scene::{AUDIENCE, CALLING_ALL, Scene, at_once, calling, rounds},
};

/// `mark_read` moves a cursor forward only; reading delivers.
pub async fn a_cursor_never_goes_back(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..5 {
        scene.say(direct, ayu).await;
    }
    let cursor = scene.mark_read(direct, budi, 4).await;
    let expected = Cursor {
        conversation: direct,
        user: budi,
        read_seq: Seq::new(4),
        delivered_seq: Seq::new(4),
        unread: 1,
        mentions: 0,
        marked_unread: false,
        shown: true,
    };
    assert_eq!(cursor, expected);
    for earlier in [3, 0, 4] {
        assert_eq!(
            scene.mark_read(direct, budi, earlier).await,
            expected,
            "went back to {earlier}"
        );
    }
    let state = scene.state(direct, budi).await.unwrap();
    assert_eq!((state.read_seq, state.delivered_seq, state.unread), (Seq::new(4), Seq::new(4), 1));
    let other = scene.state(direct, ayu).await.unwrap();
    assert_eq!(other.unread, 0);
    assert_eq!(other.read_seq, Seq::ZERO, "somebody else's cursor moved");
}

/// … and never past the last message.
pub async fn a_cursor_never_passes_the_last_message(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    assert_eq!(scene.mark_read(direct, budi, 1).await.read_seq, Seq::ZERO, "an empty conversation");
    scene.say(direct, ayu).await;
    for beyond in [2, u64::from(u32::MAX), u64::try_from(i64::MAX).unwrap(), u64::MAX] {
        let cursor = scene.mark_read(direct, budi, beyond).await;
        assert_eq!((cursor.read_seq, cursor.unread), (Seq::new(1), 0), "{beyond}");
    }
    scene.say(direct, ayu).await;
    assert_eq!(scene.state(direct, budi).await.unwrap().unread, 1);
}

/// Of concurrent reads the furthest stays.
pub async fn concurrent_reads_leave_the_cursor_at_the_furthest(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..30 {
        scene.say(direct, ayu).await;
    }
    at_once((1..=29).rev().map(|seq| {
        let scene = Arc::clone(&scene);
        async move {
            let cursor = scene.mark_read(direct, budi, seq).await;
            assert!(cursor.read_seq.get() >= seq);
        }
    }))
    .await;
    let state = scene.state(direct, budi).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(29), 1));
}

/// `unread` counts messages of others after the cursor, never one's own, and no other entries.
pub async fn unread_counts_only_messages_of_others(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &[people[1], people[2]]).await;
    for author in [1, 0, 1, 2, 0, 1] {
        scene.say(group, people[author]).await;
    }
    scene.add(group, &[people[3]], people[0]).await;
    let unread = async |user| scene.state(group, user).await.unwrap().unread;
    assert_eq!(unread(people[0]).await, 4);
    assert_eq!(unread(people[1]).await, 3);
    assert_eq!(unread(people[2]).await, 5);
    assert_eq!(scene.mark_read(group, people[1], 2).await.unread, 2);
    assert_eq!(unread(people[1]).await, 2);
    let listed = scene.conversations.by_id(group, people[1]).await.unwrap().unwrap();
    assert_eq!(listed.state.unread, 2);
    assert_eq!(unread(people[0]).await, 4, "another's cursor does not matter");
}

/// `unread` and `mentions` are counted up to `UNREAD_CAP`.
pub async fn unread_is_counted_up_to_its_cap(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let group = scene.group(ayu, &[budi]).await;
    let cap = u64::from(UNREAD_CAP);
    let mut written = 0;
    // In batches, so that no queue overflows and the law is quick on a database with group commit.
    while written < cap + 2 {
        let batch = 100.min(cap + 2 - written);
        at_once((0..batch).map(|_| {
            let scene = Arc::clone(&scene);
            async move {
                let draft = scene.draft(group, ayu).await;
                scene.append(NewMessage { mentions: calling(&[budi]), ..draft }).await
            }
        }))
        .await;
        written += batch;
    }
    let state = scene.state(group, budi).await.unwrap();
    assert_eq!((state.unread, state.mentions), (UNREAD_CAP, UNREAD_CAP));
    let told = scene.inbox.unread(budi).await.unwrap();
    assert_eq!(told, INBOX_CAP, "the inbox has a cap of its own");
    for (seq, left) in [(1, UNREAD_CAP), (2, UNREAD_CAP), (3, UNREAD_CAP - 1)] {
        let cursor = scene.mark_read(group, budi, seq).await;
        assert_eq!((cursor.unread, cursor.mentions), (left, left));
    }
}

/// A new member's cursor starts at the conversation's last message, also when they return.
pub async fn a_new_member_starts_at_the_last_message(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    for _ in 0..3 {
        scene.say(group, people[0]).await;
    }
    scene.add(group, &[people[2]], people[0]).await;
    let state = scene.state(group, people[2]).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(3), 0));
    assert_eq!(state.delivered_seq, Seq::new(3), "what was before one joined waits for nobody");
    scene.say(group, people[0]).await;
    assert_eq!(scene.state(group, people[2]).await.unwrap().unread, 1);
    scene.remove(group, people[2], people[0]).await;
    scene.say(group, people[0]).await;
    scene.add(group, &[people[2]], people[0]).await;
    let state = scene.state(group, people[2]).await.unwrap();
    assert_eq!((state.read_seq, state.unread), (Seq::new(5), 0), "after a return");
}

/// Whoever is not a member moves no cursor and is shown none.
pub async fn whoever_is_not_a_member_has_no_cursor(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    scene.say(group, people[0]).await;
    scene.remove(group, people[1], people[0]).await;
    let cursors = &scene.cursors;
    for (conversation, user) in [(group, people[1]), (group, people[2]), (scene.id(), people[0])] {
        let (seq, at) = (Seq::new(1), scene.now());
        let read = cursors.mark_read(conversation, user, seq, at, AUDIENCE).await.unwrap();
        let delivered = cursors.mark_delivered(conversation, user, seq, at, AUDIENCE).await;
        let unread = cursors.mark_unread(conversation, user, at, AUDIENCE).await.unwrap();
        assert_eq!((read, delivered.unwrap(), unread), (None, None, None));
        assert_eq!(cursors.receipts(conversation, user, AUDIENCE).await.unwrap(), None);
    }
}

/// A read cursor reaches the live feed after its commit if it moved.
pub async fn a_cursor_reaches_the_feed_only_when_it_moved(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..3 {
        scene.say(direct, ayu).await;
    }
    let second = scene.mark_read(direct, budi, 2).await;
    scene.mark_read(direct, budi, 1).await;
    scene.mark_read(direct, budi, 2).await;
    let third = scene.mark_read(direct, budi, 9).await;
    scene.mark_read(direct, budi, 9).await;
    let mine = scene.mark_read(direct, ayu, 1).await;
    let heard = scene
        .heard
        .until("the cursors", |heard| heard.read.contains(&third) && heard.read.contains(&mine))
        .await;
    assert_eq!(heard.read.len(), 3, "{:?}", heard.read);
    assert!(heard.read.contains(&second));
}

/// `mark_delivered` moves forward only, and never past the last message; never behind what was read.
pub async fn a_delivered_cursor_moves_forward_between_read_and_last(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    assert_eq!(scene.mark_delivered(direct, budi, 1).await.delivered_seq, Seq::ZERO, "empty");
    for _ in 0..5 {
        scene.say(direct, ayu).await;
    }
    let both = |cursor: Cursor| (cursor.read_seq.get(), cursor.delivered_seq.get(), cursor.unread);
    assert_eq!(both(scene.mark_delivered(direct, budi, 3).await), (0, 3, 5));
    assert_eq!(both(scene.mark_delivered(direct, budi, 2).await), (0, 3, 5), "went back");
    assert_eq!(both(scene.mark_read(direct, budi, 2).await), (2, 3, 3), "read what had arrived");
    assert_eq!(both(scene.mark_read(direct, budi, 4).await), (4, 4, 1), "reading delivers");
    assert_eq!(
        both(scene.mark_delivered(direct, budi, 3).await),
        (4, 4, 1),
        "behind what was read"
    );
    for beyond in [6, u64::try_from(i64::MAX).unwrap(), u64::MAX] {
        assert_eq!(both(scene.mark_delivered(direct, budi, beyond).await), (4, 5, 1), "{beyond}");
    }
    let state = scene.state(direct, budi).await.unwrap();
    assert_eq!((state.read_seq, state.delivered_seq), (Seq::new(4), Seq::new(5)));
    let other = scene.state(direct, ayu).await.unwrap();
    assert_eq!(other.delivered_seq, Seq::ZERO, "somebody else's cursor moved");
}

/// A cursor that several devices move at the same time ends at the furthest, and the feed hears of it
/// where it ends; 200 times.
pub async fn of_markers_from_two_devices_the_furthest_stays(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let race = {
        let scene = Arc::clone(&scene);
        move |_, _| {
            let scene = Arc::clone(&scene);
            async move {
                let group = scene.group(ayu, &[budi]).await;
                for _ in 0..4 {
                    scene.say(group, ayu).await;
                }
                at_once([(3, 0), (2, 0), (0, 4)].map(|(read, delivered)| {
                    let scene = Arc::clone(&scene);
                    async move {
                        if read > 0 {
                            let cursor = scene.mark_read(group, budi, read).await;
                            assert!(
                                cursor.read_seq.get() >= read,
                                "answered less than it was told"
                            );
                        } else {
                            let cursor = scene.mark_delivered(group, budi, delivered).await;
                            assert!(cursor.delivered_seq.get() >= delivered);
                        }
                    }
                }))
                .await;
                let state = scene.state(group, budi).await.unwrap();
                assert_eq!((state.read_seq.get(), state.delivered_seq.get()), (3, 4));
                assert_eq!(state.unread, 1);
                let furthest = |cursors: &[Cursor], read, delivered| {
                    let mut cursors = cursors.iter().filter(|cursor| cursor.conversation == group);
                    cursors.any(|cursor| {
                        cursor.read_seq.get() >= read && cursor.delivered_seq.get() >= delivered
                    })
                };
                let what = "where the cursors ended";
                scene
                    .heard
                    .until(what, |heard| {
                        let delivered = furthest(&heard.delivered, 0, 4);
                        furthest(&heard.read, 3, 0) && (delivered || furthest(&heard.read, 0, 4))
                    })
                    .await;
            }
        }
    };
    rounds(race).await;
}

/// `mark_unread` marks the conversation until the next `mark_read`, whether that moves the cursor or
/// not; receiving leaves the mark.
pub async fn a_conversation_marked_as_unread_stays_so_until_it_is_read(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..3 {
        scene.say(direct, ayu).await;
    }
    let read = scene.mark_read(direct, budi, 2).await;
    for again in [2, 1, 3] {
        let before = scene.state(direct, budi).await.unwrap();
        let marked = scene.cursors.mark_unread(direct, budi, scene.now(), AUDIENCE).await.unwrap();
        let marked = marked.expect("a member marks");
        assert!(marked.marked_unread);
        assert_eq!((marked.read_seq, marked.unread), (before.read_seq, before.unread), "moved");
        assert!(scene.mark_delivered(direct, budi, 3).await.marked_unread, "received is not read");
        scene.say(direct, budi).await;
        let state = scene.state(direct, budi).await.unwrap();
        assert!(state.marked_unread, "writing is not reading");
        let listed = scene.conversations.by_id(direct, budi).await.unwrap().unwrap();
        assert_eq!(listed.state, state);
        assert!(!scene.state(direct, ayu).await.unwrap().marked_unread, "for somebody else");
        let cursor = scene.mark_read(direct, budi, again).await;
        assert!(!cursor.marked_unread && cursor.read_seq >= read.read_seq, "read {again}");
        assert!(!scene.state(direct, budi).await.unwrap().marked_unread);
    }
}

/// What changed nothing does not reach the feed; where only `delivered_seq` moved, `delivered` does and
/// `read` does not; a mark, set or taken away, is told as `read`, and where nothing but the mark
/// changed, as what others are not shown.
pub async fn the_feed_hears_what_changed_of_a_cursor_and_no_more(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..4 {
        scene.say(direct, ayu).await;
    }
    let mut delivered = vec![scene.mark_delivered(direct, budi, 3).await];
    scene.mark_delivered(direct, budi, 3).await;
    scene.mark_delivered(direct, budi, 1).await;
    let mut read = vec![scene.mark_read(direct, budi, 2).await];
    let unread = async || {
        let cursor = scene.cursors.mark_unread(direct, budi, scene.now(), AUDIENCE).await.unwrap();
        cursor.expect("a member marks")
    };
    let unshown = |cursor: Cursor| {
        assert!(cursor.shown, "where it stands may be shown all the same");
        Cursor { shown: false, ..cursor }
    };
    read.push(unshown(unread().await));
    unread().await;
    read.push(unshown(scene.mark_read(direct, budi, 2).await));
    scene.mark_read(direct, budi, 2).await;
    delivered.push(scene.mark_delivered(direct, budi, 9).await);
    read.push(unshown(unread().await));
    read.push(scene.mark_read(direct, budi, 9).await);
    scene.mark_read(direct, budi, 9).await;
    let last = scene.mark_read(direct, ayu, 1).await;
    read.push(last);
    let heard = scene.heard.until("the last", |heard| heard.read.contains(&last)).await;
    let mut found = heard.read;
    // A hint may come out of order; what came is what was answered, each once.
    let order = |cursor: &Cursor| {
        let of_budi = cursor.user == budi;
        (!of_budi, cursor.read_seq, cursor.delivered_seq, cursor.marked_unread, cursor.shown)
    };
    found.sort_by_key(order);
    read.sort_by_key(order);
    assert_eq!(found, read);
    let heard = scene
        .heard
        .until("what was delivered", |heard| heard.delivered.len() >= delivered.len())
        .await;
    let mut found = heard.delivered;
    found.sort_by_key(order);
    assert_eq!(found, delivered);
}

/// That a conversation is marked as unread, or is not any more, is answered to whoever marked it only;
/// what is received or read at the same time to the others too.
pub async fn a_mark_is_nobody_elses_business(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..4 {
        scene.say(direct, ayu).await;
    }
    let mark = async || {
        let (since, cursors) = (scene.now(), &scene.cursors);
        let cursor = cursors.mark_unread(direct, budi, since, AUDIENCE).await.unwrap();
        (since, cursor.expect("a member marks"))
    };
    let read = async |seq| {
        let (since, cursors) = (scene.now(), &scene.cursors);
        let cursor = cursors.mark_read(direct, budi, Seq::new(seq), since, AUDIENCE).await.unwrap();
        (since, cursor.expect("a member reads"))
    };
    let check = async |(since, cursor): (Timestamp, Cursor), told: bool| {
        let own = scene.cursors.moved_since(budi, since, AUDIENCE, 10).await.unwrap();
        assert_eq!((own.own, own.others.len()), (vec![cursor], 0));
        let others = scene.cursors.moved_since(ayu, since, AUDIENCE, 10).await.unwrap();
        let told: Vec<_> =
            told.then_some((cursor.read_seq, cursor.delivered_seq)).into_iter().collect();
        let found: Vec<_> =
            others.others.iter().map(|other| (other.read_seq, other.delivered_seq)).collect();
        assert_eq!((found, others.own.len()), (told, 0), "{cursor:?}");
    };
    // Before anything moved there is nothing that the others could have heard of.
    check(mark().await, false).await;
    check(read(0).await, false).await;
    check(read(2).await, true).await;
    check(mark().await, false).await;
    check(read(2).await, false).await;
    check(mark().await, false).await;
    check(read(3).await, true).await;
    // What moved before the mark is told by its own moment.
    let (before, _) = read(4).await;
    check(mark().await, false).await;
    let others = scene.cursors.moved_since(ayu, before, AUDIENCE, 10).await.unwrap().others;
    assert_eq!(others.len(), 1, "moved before it was marked");
}

/// `unread` counts what is not deleted, `mentions` those of them that call the reader as they are now;
/// every place that shows them agrees.
pub async fn unread_and_mentions_follow_edits_and_deletions(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (ayu, budi, citra) = (people[0], people[1], people[2]);
    let group = scene.group(ayu, &[budi, citra]).await;
    let counts = async |user| {
        let state = scene.state(group, user).await.unwrap();
        let listed = scene.conversations.by_id(group, user).await.unwrap().unwrap();
        assert_eq!(listed.state, state, "one place says another number");
        // Reading nothing answers the numbers as they are.
        let cursor = scene.mark_read(group, user, 0).await;
        assert_eq!((cursor.unread, cursor.mentions), (state.unread, state.mentions));
        (state.unread, state.mentions)
    };
    let plain = scene.say(group, ayu).await;
    let called = scene.call(group, ayu, &[citra, budi]).await;
    let everybody = scene.call_all(group, ayu).await;
    let own = scene.call(group, budi, &[budi, ayu]).await;
    assert_eq!(counts(budi).await, (3, 2));
    assert_eq!(counts(citra).await, (4, 2));
    assert_eq!(counts(ayu).await, (1, 1), "one's own messages count for nothing");
    // An edit may cease to call somebody, and call somebody else.
    scene.edit_calling(&called, "citra only", &calling(&[citra])).await;
    assert_eq!(counts(budi).await, (3, 1));
    assert_eq!(counts(citra).await, (4, 2));
    scene.edit_calling(&plain, "and budi", &calling(&[budi])).await;
    assert_eq!(counts(budi).await, (3, 2));
    scene.edit_calling(&everybody, "both", &Mentions { users: vec![budi], all: true }).await;
    assert_eq!(counts(budi).await, (3, 2), "called twice by one message");
    scene.edit(&everybody, "nobody").await;
    assert_eq!(counts(budi).await, (3, 1));
    assert_eq!(counts(citra).await, (4, 1));
    scene.edit_calling(&everybody, "all", &CALLING_ALL).await;
    assert_eq!(counts(citra).await, (4, 2));
    scene.delete(&plain, ayu).await;
    assert_eq!(counts(budi).await, (2, 1));
    scene.delete(&everybody, ayu).await;
    scene.delete(&own, budi).await;
    assert_eq!(
        (counts(ayu).await, counts(budi).await, counts(citra).await),
        ((0, 0), (1, 0), (1, 1))
    );
    // What was read counts no more, whatever is done to it later.
    assert_eq!(scene.mark_read(group, citra, called.seq.get()).await.mentions, 0);
    scene.edit_calling(&called, "again", &calling(&[citra])).await;
    assert_eq!(counts(citra).await, (0, 0));
    scene.call_all(group, budi).await;
    assert_eq!((counts(ayu).await, counts(citra).await), ((1, 1), (1, 1)));
}
