//! The reads of `LogStore`.

use kabar_chats::{Entry, Event, Message, Window, ports::MessagePage};
use kabar_kernel::{ConversationId, Pos, Seq, UserId};
use proptest::{
    prelude::{Just, Strategy, prop_oneof},
    strategy::ValueTree,
    test_runner::TestRunner,
};

use crate::{
    Stores,
    scene::{Scene, assert_gapless, messages, page},
};

async fn window(
    scene: &Scene,
    conversation: ConversationId,
    reader: UserId,
    window: Window,
    size: u16,
) -> MessagePage {
    let found = scene.log.messages(conversation, reader, window, page(size)).await.unwrap();
    found.expect("a member reads")
}

/// A group of two with messages and other entries between them; answers its messages.
async fn mixed_group(scene: &Scene) -> (ConversationId, UserId, Vec<Message>) {
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let mut said = Vec::new();
    for number in 0..21 {
        said.push(scene.say(group, people[number % 2]).await);
        if number % 5 == 0 {
            scene.add(group, &[people[2]], people[0]).await;
        } else if number % 5 == 2 {
            scene.remove(group, people[2], people[0]).await;
        }
    }
    (group, people[0], said)
}

/// The part of the messages that a window shows: which of them, from and to (without it).
fn cut(window: Window, size: usize, count: usize) -> (usize, usize) {
    let index = |seq: Seq| usize::try_from(seq.get()).unwrap_or(usize::MAX);
    match window {
        Window::Latest => (count.saturating_sub(size), count),
        Window::Before(seq) => {
            let end = index(seq).saturating_sub(1).min(count);
            (end.saturating_sub(size), end)
        }
        Window::After(seq) => {
            let start = index(seq).min(count);
            (start, start.saturating_add(size).min(count))
        }
        Window::Around(seq) => {
            // The one asked for is in the first half, which is the greater one of an odd page.
            let middle = index(seq).min(count);
            let (upto, after) = (size - size / 2, size / 2);
            (middle.saturating_sub(upto), middle.saturating_add(after).min(count))
        }
    }
}

/// Random windows of a log with other entries between the messages are the parts that a model cuts:
/// in ascending order, with `has_before` and `has_after` telling what is left out on either side.
pub async fn windows_are_cut_as_the_model_cuts_them(stores: Stores) {
    let scene = Scene::on(stores);
    let (group, reader, said) = mixed_group(&scene).await;
    let number = prop_oneof![
        8 => 0_u64..26,
        1 => Just(u64::try_from(i64::MAX).unwrap()),
        1 => Just(u64::MAX),
    ];
    let kinds = (0..4_u8, number, prop_oneof![1..8_u16, 20..24_u16, Just(500)]);
    let mut runner = TestRunner::deterministic();
    for _ in 0..64 {
        let (kind, seq, size) = kinds.new_tree(&mut runner).unwrap().current();
        let seq = Seq::new(seq);
        let asked = match kind {
            0 => Window::Latest,
            1 => Window::Before(seq),
            2 => Window::After(seq),
            _ => Window::Around(seq),
        };
        let (from, to) = cut(asked, usize::from(size), said.len());
        let found = window(&scene, group, reader, asked, size).await;
        assert_eq!(found.items, said[from..to], "{asked:?}, {size}");
        // With nothing between them there is no first and no last message to tell a side of.
        if from < to {
            assert_eq!(found.has_before, from > 0, "{asked:?}, {size}");
            assert_eq!(found.has_after, to < said.len(), "{asked:?}, {size}");
        }
    }
}

/// `has_before` and `has_after` are false at the ends, also where a page ends exactly there.
pub async fn the_ends_of_a_conversation_are_told(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..6 {
        scene.say(direct, ayu).await;
    }
    for (asked, size, seqs, before, after) in [
        (Window::Latest, 3, 4..=6, true, false),
        (Window::Latest, 6, 1..=6, false, false),
        (Window::Before(Seq::new(4)), 3, 1..=3, false, true),
        (Window::Before(Seq::new(4)), 2, 2..=3, true, true),
        (Window::Before(Seq::new(7)), 6, 1..=6, false, false),
        (Window::After(Seq::new(3)), 3, 4..=6, true, false),
        (Window::After(Seq::new(3)), 2, 4..=5, true, true),
        (Window::After(Seq::ZERO), 6, 1..=6, false, false),
        (Window::Around(Seq::new(1)), 4, 1..=3, false, true),
        (Window::Around(Seq::new(6)), 4, 5..=6, true, false),
    ] {
        let found = window(&scene, direct, budi, asked, size).await;
        let found_seqs: Vec<u64> = found.items.iter().map(|message| message.seq.get()).collect();
        assert_eq!(found_seqs, seqs.collect::<Vec<_>>(), "{asked:?}, {size}");
        assert_eq!((found.has_before, found.has_after), (before, after), "{asked:?}, {size}");
    }
}

/// A conversation without messages has an empty window on every side, and nothing beyond.
pub async fn an_empty_conversation_has_an_empty_window(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let group = scene.group(ayu, &[budi]).await;
    let one = Seq::new(1);
    for asked in [Window::Latest, Window::Before(one), Window::After(one), Window::Around(one)] {
        for conversation in [direct, group] {
            let found = window(&scene, conversation, ayu, asked, 10).await;
            let head = scene.state(conversation, ayu).await.unwrap().head;
            assert_eq!(found, MessagePage { head, ..MessagePage::default() }, "{asked:?}");
        }
    }
}

/// Around a message: half of the page up to and with it, the other half after it.
pub async fn around_is_half_before_and_half_after(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for _ in 0..20 {
        scene.say(direct, ayu).await;
    }
    for (size, first, last) in [(10, 6, 15), (2, 10, 11), (1, 10, 10), (3, 9, 11), (20, 1, 20)] {
        let found = window(&scene, direct, budi, Window::Around(Seq::new(10)), size).await;
        let ends = found.items.first().zip(found.items.last());
        let ends = ends.map(|(first, last)| (first.seq.get(), last.seq.get()));
        assert_eq!(ends, Some((first, last)), "a page of {size}");
    }
}

/// `entries_after` answers the entries with `pos` greater than `after`, ascending, without hole,
/// messages and changes alike.
pub async fn entries_page_over_messages_and_changes(stores: Stores) {
    let scene = Scene::on(stores);
    let (group, reader, said) = mixed_group(&scene).await;
    let whole = scene.log_of(group).await;
    assert_gapless(&whole);
    assert_eq!(messages(&whole), said);
    assert!(whole.len() > said.len() + 5, "there are changes between the messages");
    for size in [1, 2, 7, 500] {
        let mut seen: Vec<Entry> = Vec::new();
        loop {
            let after = seen.last().map_or(Pos::ZERO, |entry| entry.pos);
            let found = scene.log.entries_after(group, reader, after, page(size)).await.unwrap();
            let found = found.expect("a member reads");
            assert!(found.items.iter().all(|entry| entry.pos > after), "repeats its cursor");
            seen.extend(found.items.iter().cloned());
            assert_eq!(found.has_more, seen.len() < whole.len(), "pages of {size}");
            if !found.has_more {
                break;
            }
            assert_eq!(found.items.len(), usize::from(size), "a page in the middle is full");
        }
        assert_eq!(seen, whole, "pages of {size}");
    }
    for start in 0..whole.len() {
        let after = Pos::new(u64::try_from(start).unwrap());
        let found = scene.log.entries_after(group, reader, after, page(3)).await.unwrap().unwrap();
        assert_eq!(found.items, whole[start..(start + 3).min(whole.len())]);
    }
}

/// At or past the head there is nothing, and nothing fails.
pub async fn entries_after_the_head_are_none(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    scene.say(direct, ayu).await;
    for after in [1, 2, u64::try_from(i64::MAX).unwrap(), u64::MAX] {
        let found = scene.log.entries_after(direct, budi, Pos::new(after), page(5)).await.unwrap();
        let found = found.expect("a member reads");
        assert_eq!((found.items.len(), found.has_more), (0, false), "{after}");
    }
}

/// Reads answer `None` for whoever is not a member, as for an unknown conversation.
pub async fn whoever_is_not_a_member_reads_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let direct = scene.direct(people[0], people[1]).await;
    let said = scene.say(direct, people[0]).await;
    for (conversation, reader) in
        [(direct, people[2]), (scene.id(), people[0]), (direct, scene.id())]
    {
        let entries = scene.log.entries_after(conversation, reader, Pos::ZERO, page(5)).await;
        assert_eq!(entries.unwrap(), None);
        let found = scene.log.messages(conversation, reader, Window::Latest, page(5)).await;
        assert_eq!(found.unwrap(), None);
        assert_eq!(scene.log.message(conversation, reader, said.id).await.unwrap(), None);
    }
}

/// One message; `None` as well when it is of another conversation.
pub async fn a_message_is_found_in_its_own_conversation_only(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let here = scene.direct(people[0], people[1]).await;
    let there = scene.direct(people[0], people[2]).await;
    let said = scene.say(here, people[0]).await;
    let reader = people[0];
    assert_eq!(scene.log.message(here, reader, said.id).await.unwrap(), Some(said.clone()));
    assert_eq!(scene.log.message(there, reader, said.id).await.unwrap(), None);
    assert_eq!(scene.log.message(here, reader, scene.id()).await.unwrap(), None);
}

/// The server's own delivery reads exactly what members read, page by page.
pub async fn delivery_reads_what_members_read(stores: Stores) {
    let scene = Scene::on(stores);
    let (group, reader, _) = mixed_group(&scene).await;
    for (after, size) in [(0, 5), (0, 500), (7, 3), (30, 500), (u64::MAX, 5)] {
        let after = Pos::new(after);
        let by_member = scene.log.entries_after(group, reader, after, page(size)).await.unwrap();
        let by_server = scene.log.entries_for_delivery(group, after, page(size)).await.unwrap();
        assert_eq!(Some(by_server), by_member);
    }
    let unknown = scene.log.entries_for_delivery(scene.id(), Pos::ZERO, page(5)).await.unwrap();
    assert_eq!((unknown.items.len(), unknown.has_more), (0, false));
    let first = scene.log.entries_for_delivery(group, Pos::ZERO, page(1)).await.unwrap();
    assert!(matches!(first.items[0].event, Event::GroupCreated { .. }));
}
