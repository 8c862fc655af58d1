//! `GroupTx` and `GroupStore::begin`.

use std::sync::Arc;

use kabar_chats::{Entry, Event, ports::Append};
use kabar_groups::{Act, GroupChange, GroupDescription, GroupName, ports::GroupTx};
use kabar_kernel::{ConversationId, Pos, Role, Seq, UserId};

use crate::{
    Stores,
    scene::{Scene, assert_gapless, at_once, take_one_step_and_vanish},
};

fn renamed(name: &str) -> GroupChange {
    GroupChange { name: Some(GroupName::parse(name).unwrap()), description: None }
}

/// Everything that others can see of a group and of these people in it.
async fn seen(
    scene: &Scene,
    group: ConversationId,
    people: &[UserId],
) -> impl PartialEq + std::fmt::Debug {
    let mut views = Vec::new();
    for user in people {
        views.push((
            scene.groups.by_id(group, *user).await.unwrap(),
            scene.conversations.by_id(group, *user).await.unwrap(),
            scene.standing(group, *user).await,
            scene.state(group, *user).await,
        ));
    }
    (views, scene.log_of(group).await)
}

/// Renames, adds the last of these people, removes the one before, raises the one before that.
async fn change_everything(scene: &Scene, tx: &mut Box<dyn GroupTx>, people: &[UserId]) {
    let by = people[0];
    tx.change(&renamed("Other"), scene.act(by)).await.unwrap();
    let [.., raised, removed, added] = people else { panic!("too few people") };
    assert_eq!(tx.add(&[*added], Role::Member, scene.act(by)).await.unwrap(), [*added]);
    tx.remove(*removed, scene.act(by)).await.unwrap();
    tx.set_role(*raised, Role::Admin, scene.act(by)).await.unwrap();
}

/// Nothing is visible to others before `commit`; all of it is afterwards.
pub async fn nothing_is_visible_before_the_commit(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    scene.say(group, people[1]).await;
    let before = seen(&scene, group, &people).await;
    let heard = scene.heard.until("the group", |heard| heard.entries.len() >= 4).await;
    let mut tx = scene.begin(group).await;
    change_everything(&scene, &mut tx, &people).await;
    assert_eq!(seen(&scene, group, &people).await, before, "seen before the commit");
    assert_eq!(scene.heard.so_far().entries, heard.entries, "announced before the commit");
    tx.commit().await.unwrap();
    let after = scene.groups.by_id(group, people[3]).await.unwrap().expect("added");
    assert_eq!((after.name.as_str(), after.member_count), ("Other", 3));
    assert_eq!(scene.groups.by_id(group, people[2]).await.unwrap(), None);
    assert_eq!(scene.standing(group, people[1]).await.unwrap().role, Role::Admin);
    let log = scene.log_of(group).await;
    assert_eq!(log.len(), 8);
    scene.heard.until("the change", |heard| heard.of(group) == log).await;
}

/// Within the transaction, its own changes are seen.
pub async fn a_transaction_sees_its_own_changes(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let mut tx = scene.begin(group).await;
    let act = scene.act(people[0]);
    assert_eq!((tx.member_count().await.unwrap(), tx.owner_count().await.unwrap()), (3, 1));
    assert_eq!(tx.member(people[3]).await.unwrap(), None);
    tx.add(&[people[3]], Role::Moderator, act).await.unwrap();
    let added = tx.member(people[3]).await.unwrap().expect("added");
    assert_eq!((added.user, added.role, added.joined_at), (people[3], Role::Moderator, act.at));
    tx.set_role(people[3], Role::Owner, scene.act(people[0])).await.unwrap();
    assert_eq!((tx.member_count().await.unwrap(), tx.owner_count().await.unwrap()), (4, 2));
    let raised = tx.member(people[3]).await.unwrap().expect("added");
    assert_eq!((raised.role, raised.joined_at), (Role::Owner, act.at));
    tx.remove(people[3], scene.act(people[0])).await.unwrap();
    assert_eq!(tx.member(people[3]).await.unwrap(), None);
    assert_eq!((tx.member_count().await.unwrap(), tx.owner_count().await.unwrap()), (3, 1));
    tx.commit().await.unwrap();
    assert_eq!(scene.standing(group, people[3]).await, None);
}

/// Dropped without `commit`, it leaves nothing.
pub async fn a_dropped_transaction_leaves_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    scene.say(group, people[1]).await;
    let before = seen(&scene, group, &people).await;
    for _ in 0..5 {
        let mut tx = scene.begin(group).await;
        change_everything(&scene, &mut tx, &people).await;
        drop(tx);
        assert_eq!(seen(&scene, group, &people).await, before);
    }
    // What comes next follows without a hole, and nothing of what was dropped is announced.
    let next = scene.say(group, people[1]).await;
    assert_eq!((next.pos, next.seq), (Pos::new(5), Seq::new(2)));
    let log = scene.log_of(group).await;
    let heard = scene.heard.until("the message", |heard| heard.entries.len() >= log.len()).await;
    assert_eq!(heard.entries, log);
}

/// … and the group can be changed again.
pub async fn a_group_can_be_changed_after_a_dropped_transaction(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    for _ in 0..3 {
        drop(scene.begin(group).await);
        // A caller that went away between begin and commit.
        take_one_step_and_vanish(scene.groups.begin(group));
        let task = tokio::spawn({
            let (scene, people) = (Arc::clone(&scene), people.clone());
            async move {
                let mut tx = scene.begin(group).await;
                change_everything(&scene, &mut tx, &people).await;
                std::future::pending::<()>().await;
            }
        });
        tokio::task::yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    let mut tx = scene.begin(group).await;
    change_everything(&scene, &mut tx, &people).await;
    tx.commit().await.unwrap();
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), 7);
    let others = scene.direct(people[0], people[1]).await;
    scene.say(others, people[0]).await;
}

/// `commit` goes through also when its caller's future is dropped meanwhile; the entries reach the
/// live feed after it, in order.
pub async fn a_commit_goes_through_without_its_caller(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    let group = scene.group(people[0], &[]).await;
    for round in 1..=10 {
        let mut tx = scene.begin(group).await;
        tx.change(&renamed(&format!("Name {round}")), scene.act(people[0])).await.unwrap();
        tx.add(&[people[1]], Role::Member, scene.act(people[0])).await.unwrap();
        tx.remove(people[1], scene.act(people[0])).await.unwrap();
        take_one_step_and_vanish(tx.commit());
        let expected = 1 + 3 * round;
        scene.eventually("the commit", async || scene.log_of(group).await.len() == expected).await;
    }
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    scene.heard.until("the log", |heard| heard.of(group) == log).await;
    let name = scene.groups.by_id(group, people[0]).await.unwrap().unwrap().name;
    assert_eq!(name.as_str(), "Name 10");
}

/// Every method that changes something writes the entry that records it, in order.
pub async fn every_change_writes_its_entry_in_order(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let first = scene.say(group, people[1]).await;
    let mut tx = scene.begin(group).await;
    let acts: Vec<Act> = (0..7).map(|_| scene.act(people[0])).collect();
    let leaving = scene.act(people[1]);
    let description = GroupDescription::parse("").unwrap();
    tx.change(&renamed("Other"), acts[0]).await.unwrap();
    let described = GroupChange { name: None, description: Some(description) };
    tx.change(&described, acts[1]).await.unwrap();
    tx.add(&[people[3], people[2]], Role::Member, acts[2]).await.unwrap();
    tx.set_role(people[3], Role::Moderator, acts[3]).await.unwrap();
    tx.remove(people[2], acts[4]).await.unwrap();
    tx.remove(people[1], leaving).await.unwrap();
    tx.commit().await.unwrap();
    let changed = |name: Option<&str>, description: Option<&str>| Event::GroupUpdated {
        name: name.map(str::to_owned),
        description: description.map(str::to_owned),
    };
    let joined = |user| Event::MemberJoined { user, role: Role::Member };
    let moderator = Event::MemberRoleChanged { user: people[3], role: Role::Moderator };
    let expected = [
        (acts[0], changed(Some("Other"), None)),
        (acts[1], changed(None, Some(""))),
        (acts[2], joined(people[3])),
        (acts[2], joined(people[2])),
        (acts[3], moderator),
        (acts[4], Event::MemberRemoved { user: people[2] }),
        (leaving, Event::MemberLeft { user: people[1] }),
    ];
    let expected: Vec<Entry> = expected
        .into_iter()
        .zip(first.pos.get() + 1..)
        .map(|((act, event), pos)| Entry {
            conversation: group,
            pos: Pos::new(pos),
            at: act.at,
            by: act.by,
            event,
        })
        .collect();
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log[3..], expected);
    let seen = scene.conversations.by_id(group, people[0]).await.unwrap().unwrap();
    assert_eq!(seen.active_at, leaving.at, "a change is activity");
    assert_eq!((seen.state.head.get(), seen.state.last_seq), (10, Seq::new(1)));
    assert_eq!(seen.name.as_deref(), Some("Other"));
    let group = scene.groups.by_id(group, people[3]).await.unwrap().unwrap();
    assert_eq!((group.description.as_str(), group.role), ("", Role::Moderator));
}

/// `add` leaves out who is a member already, and answers whom it added, in the order given.
pub async fn adding_leaves_out_present_members(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(5).await;
    let group = scene.group(people[0], &[people[2]]).await;
    let mut tx = scene.begin(group).await;
    let asked = [people[4], people[2], people[0], people[1]];
    let added = tx.add(&asked, Role::Member, scene.act(people[0])).await.unwrap();
    assert_eq!(added, [people[4], people[1]]);
    let again = tx.add(&[people[4]], Role::Admin, scene.act(people[0])).await.unwrap();
    assert_eq!(again, []);
    tx.commit().await.unwrap();
    assert_eq!(scene.log_of(group).await.len(), 4);
    assert_eq!(scene.standing(group, people[0]).await.unwrap().role, Role::Owner);
    assert_eq!(scene.standing(group, people[4]).await.unwrap().role, Role::Member);
    assert_eq!(scene.groups.by_id(group, people[1]).await.unwrap().unwrap().member_count, 4);
}

/// The roster's version is higher after a commit that changed the roster.
pub async fn a_changed_roster_has_a_higher_version(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (owner, other) = (people[0], people[1]);
    let group = scene.group(owner, &[other]).await;
    let mut last = scene.standing(group, owner).await.unwrap().roster;
    for step in 0..4 {
        let mut tx = scene.begin(group).await;
        let act = scene.act(owner);
        match step {
            0 => drop(tx.add(&[people[2]], Role::Member, act).await.unwrap()),
            1 => tx.set_role(other, Role::Owner, act).await.unwrap(),
            2 => tx.remove(people[2], act).await.unwrap(),
            _ => tx.remove(other, scene.act(other)).await.unwrap(),
        }
        assert_eq!(scene.standing(group, owner).await.unwrap().roster, last, "before the commit");
        tx.commit().await.unwrap();
        let now = scene.standing(group, owner).await.unwrap().roster;
        assert!(now > last, "step {step}");
        last = now;
    }
    scene.say(group, owner).await;
    assert_eq!(scene.standing(group, owner).await.unwrap().roster, last, "a message is no change");
}

/// `begin` waits for other transactions of the same group: those run one after the other.
pub async fn transactions_of_one_group_run_one_after_the_other(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(30).await;
    let group = scene.group(people[0], &[]).await;
    // Each reads how many there are and writes it down: a lost update shows as a repeated number.
    at_once(people[1..].iter().map(|user| {
        let (scene, owner, user) = (Arc::clone(&scene), people[0], *user);
        async move {
            let mut tx = scene.begin(group).await;
            let count = tx.member_count().await.unwrap();
            tokio::task::yield_now().await;
            tx.add(&[user], Role::Member, scene.act(owner)).await.unwrap();
            tx.change(&renamed(&format!("{}", count + 1)), scene.act(owner)).await.unwrap();
            tx.commit().await.unwrap();
        }
    }))
    .await;
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    let names: Vec<String> = log
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::GroupUpdated { name, .. } => name.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(names, (2..=30).map(|count| count.to_string()).collect::<Vec<_>>());
    let seen = scene.groups.by_id(group, people[7]).await.unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.member_count), ("30", 30));
}

/// What decides is what is seen inside the transaction: of two owners who both step down if another
/// one remains, one stays.
pub async fn of_two_owners_stepping_down_at_once_one_stays(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    for _ in 0..15 {
        let group = scene.group(people[0], &[people[1]]).await;
        let mut tx = scene.begin(group).await;
        tx.set_role(people[1], Role::Owner, scene.act(people[0])).await.unwrap();
        tx.commit().await.unwrap();
        let stepped_down = at_once(people.iter().map(|owner| {
            let (scene, owner) = (Arc::clone(&scene), *owner);
            async move {
                let mut tx = scene.begin(group).await;
                let may = tx.owner_count().await.unwrap() > 1;
                tokio::task::yield_now().await;
                if may {
                    tx.set_role(owner, Role::Member, scene.act(owner)).await.unwrap();
                    tx.commit().await.unwrap();
                }
                may
            }
        }))
        .await;
        assert_eq!(stepped_down.iter().filter(|may| **may).count(), 1);
        let mut tx = scene.begin(group).await;
        assert_eq!(tx.owner_count().await.unwrap(), 1, "a group without an owner");
    }
}

/// A commit takes back nothing that was read or posted while the transaction was open.
pub async fn a_commit_keeps_what_was_read_meanwhile(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    for _ in 0..5 {
        scene.say(group, people[0]).await;
    }
    let mut tx = scene.begin(group).await;
    tx.set_role(people[1], Role::Admin, scene.act(people[0])).await.unwrap();
    // Either may have to wait for the commit; both are done in the end.
    let reading = tokio::spawn({
        let (scene, reader) = (Arc::clone(&scene), people[1]);
        async move { scene.mark_read(group, reader, 4).await }
    });
    let posting = tokio::spawn({
        let (scene, author) = (Arc::clone(&scene), people[1]);
        async move { scene.log.append(scene.draft(group, author).await).await.unwrap() }
    });
    tokio::task::yield_now().await;
    tx.add(&[people[2]], Role::Member, scene.act(people[0])).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(reading.await.unwrap().read_seq, Seq::new(4));
    assert!(matches!(posting.await.unwrap(), Append::Appended(_)));
    assert_gapless(&scene.log_of(group).await);
    let state = scene.state(group, people[1]).await.unwrap();
    assert_eq!((state.read_seq, state.last_seq, state.unread), (Seq::new(4), Seq::new(6), 1));
    assert_eq!(scene.standing(group, people[1]).await.unwrap().role, Role::Admin);
}

/// A removal takes the conversation from the removed member and from nobody else; what they wrote
/// stays. A group that everybody left is nobody's.
pub async fn a_removed_member_loses_the_conversation_and_others_keep_it(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.say(group, people[1]).await;
    scene.remove(group, people[1], people[0]).await;
    assert_eq!(scene.conversations.by_id(group, people[1]).await.unwrap(), None);
    let found = scene.log.message(group, people[2], said.id).await.unwrap();
    assert_eq!(found, Some(said));
    assert_eq!(scene.state(group, people[2]).await.unwrap().unread, 1);
    for leaving in [people[2], people[0]] {
        scene.remove(group, leaving, leaving).await;
    }
    for former in &people {
        assert_eq!(scene.groups.by_id(group, *former).await.unwrap(), None);
        assert_eq!(scene.conversations.states(*former).await.unwrap(), []);
    }
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log[6].event, Event::MemberLeft { user: people[0] });
}
