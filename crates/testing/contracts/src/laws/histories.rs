//! A random history of one group against a model of it.

use std::collections::BTreeMap;

use kabar_chats::{Event, ports::Append};
use kabar_kernel::{Role, Seq};
use proptest::{prelude::Strategy, strategy::ValueTree, test_runner::TestRunner};

use crate::{
    Stores,
    scene::{Scene, assert_gapless, messages},
};

/// How many people there are; the first is the owner and stays.
const PEOPLE: usize = 4;
const STEPS: usize = 200;

/// One after the other, people join, leave, post, retry and read at random; after each step the
/// numbers that everybody is shown are those of a model, and in the end so is the log.
pub async fn a_random_history_reads_back_as_the_model_tells_it(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(PEOPLE).await;
    let group = scene.group(people[0], &[]).await;
    // Who wrote each message; each member's cursor; what must have been recorded besides messages.
    let mut written = Vec::new();
    let mut cursors = BTreeMap::from([(0, 0)]);
    let mut changes = 1;
    let mut last_draft = None;
    let steps = (0..8_u8, 1..PEOPLE, 0..PEOPLE, 0..40_u64);
    let mut runner = TestRunner::deterministic();
    for _ in 0..STEPS {
        let (kind, guest, anybody, number) = steps.new_tree(&mut runner).unwrap().current();
        let reads = u64::try_from(written.len()).unwrap();
        match kind {
            0 => {
                scene.add(group, &[people[guest]], people[0]).await;
                if cursors.insert(guest, *cursors.get(&guest).unwrap_or(&reads)).is_none() {
                    changes += 1;
                }
            }
            1 if cursors.remove(&guest).is_some() => {
                scene.remove(group, people[guest], people[guest]).await;
                changes += 1;
            }
            2 | 3 => {
                let seq = Seq::new(number);
                let cursor =
                    scene.conversations.mark_read(group, people[anybody], seq).await.unwrap();
                if let Some(mine) = cursors.get_mut(&anybody) {
                    *mine = number.min(reads).max(*mine);
                }
                assert_eq!(
                    cursor.map(|cursor| cursor.read_seq.get()),
                    cursors.get(&anybody).copied()
                );
            }
            4 => {
                if let Some((author, draft)) = last_draft.clone()
                    && cursors.contains_key(&author)
                {
                    assert!(!scene.append(draft).await.created, "a repetition");
                }
            }
            _ => {
                let draft = scene.draft(group, people[anybody]).await;
                let outcome = scene.log.append(draft.clone()).await.unwrap();
                let posted = matches!(outcome, Append::Appended(_));
                assert_eq!(posted, cursors.contains_key(&anybody));
                if posted {
                    written.push(anybody);
                    last_draft = Some((anybody, draft));
                }
            }
        }
        for (person, user) in people.iter().enumerate() {
            let shown = scene.state(group, *user).await;
            let expected = cursors.get(&person).map(|read| {
                let unread =
                    written.iter().zip(1..).filter(|(by, seq)| **by != person && seq > read);
                (written.len() + changes, written.len(), *read, unread.count())
            });
            let shown = shown.map(|state| {
                let number = |number: u64| usize::try_from(number).unwrap();
                let unread = usize::try_from(state.unread).unwrap();
                let head = number(state.head.get());
                (head, number(state.last_seq.get()), state.read_seq.get(), unread)
            });
            assert_eq!(shown, expected);
        }
    }
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    let authors: Vec<_> = messages(&log).into_iter().map(|message| message.author).collect();
    assert_eq!(authors, written.into_iter().map(|by| people[by]).collect::<Vec<_>>());
    assert_eq!(log.len() - authors.len(), changes);
    let joined = log
        .iter()
        .filter(|entry| matches!(entry.event, Event::MemberJoined { role: Role::Member, .. }));
    assert!(joined.count() > 5, "the history is too dull to prove anything");
}
