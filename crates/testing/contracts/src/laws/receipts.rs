//! `CursorStore`: how far others are, and what moved meanwhile.

use kabar_chats::{Cursor, MemberReceipt, MovedCursors, Receipt, Receipts, ports::Audience};
use kabar_kernel::{ConversationId, Pos, Seq, Timestamp, UserId};
use kabar_users::PrivacyChange;

use crate::{
    Stores,
    scene::{AUDIENCE, Scene},
};

const HIDE: PrivacyChange = PrivacyChange { receipts: Some(false), typing: None, presence: None };
const SHOW: PrivacyChange = PrivacyChange { receipts: Some(true), typing: None, presence: None };

async fn member_receipts(
    scene: &Scene,
    conversation: ConversationId,
    reader: UserId,
) -> Vec<MemberReceipt> {
    match scene.cursors.receipts(conversation, reader, AUDIENCE).await.unwrap() {
        Some(Receipts::Shown(receipts)) => receipts,
        other => panic!("a member of a small conversation is shown receipts, not {other:?}"),
    }
}

async fn receipts(scene: &Scene, conversation: ConversationId, reader: UserId) -> Vec<Receipt> {
    let members = member_receipts(scene, conversation, reader).await;
    members.into_iter().map(|member| member.receipt).collect()
}

fn of(cursor: Cursor) -> Receipt {
    Receipt {
        conversation: cursor.conversation,
        user: cursor.user,
        read_seq: cursor.read_seq,
        delivered_seq: cursor.delivered_seq,
    }
}

/// `receipts` answers the other members who show theirs, by user id.
pub async fn receipts_are_of_the_other_members_who_show_them_by_id(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(5).await;
    // In an order of joining that is not that of their ids.
    let group = scene.group(people[2], &[people[4], people[0]]).await;
    scene.add(group, &[people[3], people[1]], people[2]).await;
    for _ in 0..4 {
        scene.say(group, people[2]).await;
    }
    let mut expected = Vec::new();
    for (user, number) in people.iter().zip(0..) {
        scene.mark_delivered(group, *user, number).await;
        expected.push(of(scene.mark_read(group, *user, number / 2).await));
    }
    for (number, reader) in people.iter().enumerate() {
        let mut others = expected.clone();
        others.remove(number);
        assert_eq!(receipts(&scene, group, *reader).await, others);
    }
    scene.privacy.change_privacy(people[3], HIDE).await.unwrap();
    let shown = [expected[0], expected[2], expected[4]];
    assert_eq!(receipts(&scene, group, people[1]).await, shown, "one of them hides it");
    let others = [&expected[..3], &expected[4..]].concat();
    assert_eq!(receipts(&scene, group, people[3]).await, others, "who hides sees all the same");
    scene.privacy.change_privacy(people[3], SHOW).await.unwrap();
    scene.remove(group, people[0], people[2]).await;
    assert_eq!(receipts(&scene, group, people[1]).await, expected[2..], "one of them is gone");
    let alone = scene.direct(people[1], people[1]).await;
    assert_eq!(receipts(&scene, alone, people[1]).await, []);
}

/// … with where each of them last joined.
pub async fn receipts_tell_where_a_member_last_joined(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..2]).await;
    let joined = async |conversation, reader, user| {
        let receipts = member_receipts(&scene, conversation, reader).await;
        let member = receipts.into_iter().find(|member| member.receipt.user == user);
        member.expect("everybody here shows theirs").joined_pos
    };
    let founded = joined(group, people[0], people[1]).await;
    let before = scene.say(group, people[0]).await;
    assert!(founded < before.pos, "the first members were there before anything was said");
    scene.add(group, &people[2..], people[0]).await;
    let first = joined(group, people[0], people[2]).await;
    assert_eq!(first, before.pos.next());
    assert_eq!(joined(group, people[0], people[3]).await, first.next(), "each their own entry");
    let after = scene.say(group, people[0]).await;
    assert_eq!(after.pos, first.next().next());
    assert_eq!(joined(group, people[2], people[1]).await, founded, "whoever asks");
    scene.remove(group, people[2], people[0]).await;
    scene.add(group, &people[2..3], people[0]).await;
    let again = joined(group, people[0], people[2]).await;
    assert_eq!(again, after.pos.next().next(), "after the removal");
    let direct = scene.direct(people[0], people[1]).await;
    assert_eq!(joined(direct, people[0], people[1]).await, Pos::ZERO);
}

/// `shown` is whether the conversation is within the audience and the member shows receipts; a direct
/// conversation always is, and a group of exactly so many members.
pub async fn receipts_are_shown_within_the_audience_only(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let direct = scene.direct(people[0], people[1]).await;
    let shown = async |conversation, user, members| {
        let audience = Audience { members };
        let (cursors, at, seq) = (&scene.cursors, scene.now(), Seq::ZERO);
        let read = cursors.mark_read(conversation, user, seq, at, audience).await.unwrap();
        let received = cursors.mark_delivered(conversation, user, seq, at, audience).await.unwrap();
        let marked = cursors.mark_unread(conversation, user, at, audience).await.unwrap();
        let [read, received, marked] = [read, received, marked].map(|cursor| cursor.unwrap().shown);
        assert!(read == received && received == marked, "one of the three says something else");
        let receipts = cursors.receipts(conversation, people[0], audience).await.unwrap().unwrap();
        let is_among = match receipts {
            Receipts::Shown(receipts) => receipts.iter().any(|member| member.receipt.user == user),
            Receipts::TooLarge => false,
        };
        assert_eq!(is_among, read, "what is said of a cursor and what is shown of it differ");
        read
    };
    assert!(shown(direct, people[1], 0).await, "of two there is always one other");
    assert!(shown(group, people[1], 3).await);
    assert!(!shown(group, people[1], 2).await);
    assert!(!shown(group, people[1], 0).await);
    scene.add(group, &[people[3]], people[0]).await;
    assert!(!shown(group, people[1], 3).await, "the group grew");
    let too_large = scene.cursors.receipts(group, people[1], Audience { members: 3 }).await;
    assert_eq!(too_large.unwrap(), Some(Receipts::TooLarge));
    scene.remove(group, people[2], people[0]).await;
    assert!(shown(group, people[1], 3).await, "the group shrank");
    scene.privacy.change_privacy(people[1], HIDE).await.unwrap();
    assert!(!shown(group, people[1], 3).await);
    assert!(!shown(direct, people[1], 3).await);
    assert!(shown(group, people[3], 3).await, "another's wish");
}

/// `moved_since` answers every cursor that changed at a moment or later and that the reader may see,
/// each once: the others' without what they hide, the reader's own whole.
pub async fn what_moved_since_a_moment_is_answered_once(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let (me, budi) = (people[0], people[1]);
    let group = scene.group(me, &people[1..3]).await;
    let direct = scene.direct(me, budi).await;
    let foreign = scene.direct(budi, people[2]).await;
    let left = scene.group(budi, &[me]).await;
    for conversation in [group, direct, foreign, left] {
        for _ in 0..3 {
            scene.say(conversation, budi).await;
        }
    }
    scene.mark_read(group, people[2], 1).await;
    scene.mark_read(left, budi, 2).await;
    let moved = async |since: Timestamp| {
        let moved = scene.cursors.moved_since(me, since, AUDIENCE, 100).await.unwrap();
        let mut others = moved.others;
        others.sort_by_key(|receipt| (receipt.conversation, receipt.user));
        let mut own = moved.own;
        own.sort_by_key(|cursor| cursor.conversation);
        MovedCursors { own, others }
    };
    let (since, later) = (scene.now(), scene.now());
    assert_eq!(moved(since).await, MovedCursors::default());
    let read = async |conversation, user, seq, at| {
        let cursor =
            scene.cursors.mark_read(conversation, user, Seq::new(seq), at, AUDIENCE).await.unwrap();
        cursor.expect("a member reads")
    };
    let by_budi = read(group, budi, 1, since).await;
    let mut expected = MovedCursors { own: Vec::new(), others: vec![of(by_budi)] };
    assert_eq!(moved(since).await, expected, "exactly then");
    assert_eq!(moved(later).await, MovedCursors::default(), "before it");
    // Moved twice is moved once; what moved where one may not look is not answered.
    expected.others[0] = of(read(group, budi, 2, later).await);
    read(foreign, budi, 2, later).await;
    read(left, budi, 3, later).await;
    scene.remove(left, me, me).await;
    let received = scene.cursors.mark_delivered(direct, budi, Seq::new(3), later, AUDIENCE).await;
    expected.others.push(of(received.unwrap().unwrap()));
    // Only an own cursor says how much is unread.
    expected.own.push(read(direct, me, 2, later).await);
    assert_eq!(moved(later).await, expected);
    assert_eq!(moved(since).await, expected);
    let marked = scene.cursors.mark_unread(group, me, later, AUDIENCE).await.unwrap().unwrap();
    expected.own.insert(0, marked);
    assert_eq!(moved(later).await, expected, "a mark is a change");
    // Saying again what is known changes nothing.
    let latest = scene.now();
    read(group, budi, 2, latest).await;
    read(direct, me, 1, latest).await;
    assert_eq!(moved(latest).await, MovedCursors::default());
    // Who hides their receipts is shown to themselves only, and nobody beyond the audience.
    scene.privacy.change_privacy(budi, HIDE).await.unwrap();
    scene.privacy.change_privacy(me, HIDE).await.unwrap();
    let own: Vec<Cursor> =
        expected.own.iter().map(|cursor| Cursor { shown: false, ..*cursor }).collect();
    assert_eq!(moved(since).await, MovedCursors { own, others: Vec::new() });
    scene.privacy.change_privacy(budi, SHOW).await.unwrap();
    let narrow = Audience { members: 2 };
    let found = scene.cursors.moved_since(me, since, narrow, 100).await.unwrap();
    assert_eq!(found.others.len(), 1, "the direct conversation's");
    assert_eq!(found.own.len(), 2);
}

/// … no more than `limit` of the others' and `limit` of the reader's own, the latest first.
pub async fn of_what_moved_the_latest_come_first_up_to_the_limit(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(6).await;
    let mut conversations = Vec::new();
    for peer in &people[1..] {
        let direct = scene.direct(people[0], *peer).await;
        scene.say(direct, *peer).await;
        scene.say(direct, people[0]).await;
        conversations.push(direct);
    }
    let since = scene.now();
    // Not in the order in which they were made.
    let order = [2, 0, 4, 1, 3];
    for index in order {
        scene.mark_read(conversations[index], people[0], 1).await;
        scene.mark_read(conversations[index], people[index + 1], 2).await;
    }
    let latest_first = order.map(|index| conversations[index]).into_iter().rev();
    let expected: Vec<ConversationId> = latest_first.collect();
    for limit in [1, 3, 5, 6] {
        let moved = scene.cursors.moved_since(people[0], since, AUDIENCE, limit).await.unwrap();
        let own: Vec<_> = moved.own.iter().map(|cursor| cursor.conversation).collect();
        let others: Vec<_> = moved.others.iter().map(|receipt| receipt.conversation).collect();
        let expected = &expected[..usize::from(limit).min(expected.len())];
        assert_eq!((own.as_slice(), others.as_slice()), (expected, expected), "at most {limit}");
    }
}
