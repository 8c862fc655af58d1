//! What is this adapter's own, beyond the laws of the ports: its schema, its lanes, and what it
//! makes of failures.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "failing is how a test speaks"
)]

mod messages;
mod place;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kabar_chats::{
    Mentions, MessageBody,
    ports::{Append, ConversationStore, LogStore, NewMessage, Roster},
};
use kabar_contracts::RecordedFeed;
use kabar_groups::ports::GroupStore;
use kabar_kernel::{Clock, IdSource, MessageId, Role, SystemClock, SystemIds};
use kabar_store_sea::{SeaOptions, SeaStore};
use kabar_users::{
    DisplayName, User, Username,
    ports::{HashedPassword, UserStore},
};
use sea_orm::{ConnectionTrait, Database};
use tokio::task::JoinSet;

use crate::place::{
    Place, act, append_all, created, direct, draft, group, log_of, on_both, user_id,
};

const DEADLINE: Duration = Duration::from_secs(60);

on_both! {
    migrations_that_ran_already_change_nothing,
    a_row_that_cannot_be_stored_fails_alone,
    a_repetition_in_the_same_batch_harms_nobody,
    a_full_queue_refuses_and_stores_nothing_of_what_it_refused,
    closing_commits_what_waits,
    a_taken_id_is_not_a_taken_username,
    a_renewed_epoch_is_another_one,
    a_member_removed_by_another_node_appends_nothing,
    a_member_known_from_before_a_change_of_another_node_still_posts,
    a_moderator_demoted_by_another_node_calls_nobody_and_is_known_from_then_on,
}

async fn migrations_that_ran_already_change_nothing(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let at = direct(&store).await;
    assert!(created(&store.append(draft(at)).await));
    let epoch = store.epoch().await.unwrap();
    let again = place.store(SeaOptions::default()).await;
    again.migrate().await.unwrap();
    assert_eq!(again.epoch().await.unwrap(), epoch);
    assert_eq!(log_of(&again, at.0).await.len(), 1);
}

/// A message with the id of another one, among many in the same batches.
async fn a_row_that_cannot_be_stored_fails_alone(place: Place) {
    let store = place.store(SeaOptions { lanes: 1, ..SeaOptions::default() }).await;
    let (here, there) = (direct(&store).await, direct(&store).await);
    let taken = draft(here);
    let id = taken.id;
    assert!(created(&store.append(taken).await));
    for _ in 0..5 {
        let mut drafts: Vec<NewMessage> =
            (0..40).map(|nth| draft(if nth % 2 == 0 { here } else { there })).collect();
        drafts[17].id = id;
        let answers = append_all(&store, drafts).await;
        for (nth, answer) in answers.iter().enumerate() {
            assert_eq!(created(answer), nth != 17, "{nth}: {answer:?}");
        }
        assert!(!answers[17].as_ref().unwrap_err().transient, "it will never pass");
    }
    assert_eq!(log_of(&store, here.0).await.len(), 1 + 5 * 20);
    assert_eq!(log_of(&store, there.0).await.len(), 5 * 19);
}

async fn a_repetition_in_the_same_batch_harms_nobody(place: Place) {
    let store = place.store(SeaOptions { lanes: 1, ..SeaOptions::default() }).await;
    let at = direct(&store).await;
    let first = draft(at);
    assert!(created(&store.append(first.clone()).await));
    let mut drafts: Vec<NewMessage> = (0..30).map(|_| draft(at)).collect();
    let twin = NewMessage { id: MessageId::new(SystemIds.next_id()), ..drafts[3].clone() };
    drafts.push(twin);
    drafts.push(NewMessage { id: MessageId::new(SystemIds.next_id()), ..first.clone() });
    let answers = append_all(&store, drafts).await;
    assert_eq!(answers.iter().filter(|answer| created(answer)).count(), 30);
    let ids = [3, 30, 31].map(|nth| match &answers[nth] {
        Ok(Append::Appended(appended)) => appended.message.id,
        other => panic!("{other:?}"),
    });
    assert_eq!(ids[0], ids[1], "twins get one answer");
    assert_eq!(ids[2], first.id, "a repetition gets the answer of before");
    assert_eq!(log_of(&store, at.0).await.len(), 31);
}

async fn a_full_queue_refuses_and_stores_nothing_of_what_it_refused(place: Place) {
    let store = place.store(SeaOptions { queue: 2, ..SeaOptions::default() }).await;
    let at = direct(&store).await;
    let answers = append_all(&store, (0..200).map(|_| draft(at)).collect()).await;
    let stored = answers.iter().filter(|answer| created(answer)).count();
    assert_eq!(log_of(&store, at.0).await.len(), stored);
    for answer in &answers {
        assert!(created(answer) || answer.as_ref().unwrap_err().transient);
    }
}

async fn closing_commits_what_waits(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let at = direct(&store).await;
    let appending = tokio::spawn({
        let store = Arc::clone(&store);
        async move { append_all(&store, (0..100).map(|_| draft(at)).collect()).await }
    });
    tokio::task::yield_now().await;
    store.close().await.unwrap();
    let answers = appending.await.unwrap();
    let stored = answers.iter().filter(|answer| created(answer)).count();
    for answer in &answers {
        assert!(created(answer) || answer.as_ref().unwrap_err().transient, "{answer:?}");
    }
    let again = place.store(SeaOptions::default()).await;
    assert_eq!(log_of(&again, at.0).await.len(), stored);
    assert!(store.append(draft(at)).await.unwrap_err().transient, "a closed store takes nothing");
}

async fn a_taken_id_is_not_a_taken_username(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let password = HashedPassword::new("$argon2id$".into());
    let user = |name: &str, id| User {
        id,
        username: Username::parse(name).unwrap(),
        display_name: DisplayName::parse("Ayu").unwrap(),
        created_at: SystemClock.now(),
        deactivated_at: None,
    };
    let ayu = user("ayu", user_id());
    UserStore::create(&*store, &ayu, &password).await.unwrap();
    let failure = UserStore::create(&*store, &user("budi", ayu.id), &password).await.unwrap_err();
    assert!(!failure.transient);
    assert_eq!(store.by_username(&Username::parse("budi").unwrap()).await.unwrap(), None);
}

async fn a_renewed_epoch_is_another_one(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let before = store.epoch().await.unwrap();
    let renewed = store.renew_epoch().await.unwrap();
    assert_ne!(before, renewed);
    assert_eq!(store.epoch().await.unwrap(), renewed);
    assert_eq!(before.len(), 32, "128 random bits");
}

async fn a_member_removed_by_another_node_appends_nothing(place: Place) {
    let (here, there) =
        (place.store(SeaOptions::default()).await, place.store(SeaOptions::default()).await);
    let member = user_id();
    let (group, owner) = group(&here, vec![member]).await;
    let standing = here.standing(group, member).await.unwrap().unwrap();
    let mut tx = GroupStore::begin(&*there, group).await.unwrap().unwrap();
    tx.remove(member, act(owner)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(here.standing(group, member).await.unwrap(), Some(standing), "remembered");
    let late = NewMessage { checked: standing.roster, ..draft((group, member)) };
    assert_eq!(here.append(late).await.unwrap(), Append::NotAMember);
    assert_eq!(here.standing(group, member).await.unwrap(), None, "and then forgotten");
    assert_eq!(log_of(&here, group).await.len(), 3, "no position was taken");
}

async fn a_moderator_demoted_by_another_node_calls_nobody_and_is_known_from_then_on(place: Place) {
    let (here, there) =
        (place.store(SeaOptions::default()).await, place.store(SeaOptions::default()).await);
    let member = user_id();
    let (group, owner) = group(&here, vec![member]).await;
    let set_role = async |role| {
        let mut tx = GroupStore::begin(&*there, group).await.unwrap().unwrap();
        tx.set_role(member, role, act(owner)).await.unwrap();
        tx.commit().await.unwrap();
    };
    set_role(Role::Moderator).await;
    let standing = here.standing(group, member).await.unwrap().unwrap();
    set_role(Role::Member).await;
    assert_eq!(here.standing(group, member).await.unwrap(), Some(standing), "remembered");
    let mentions = Mentions { users: Vec::new(), all: true };
    let late = NewMessage { checked: standing.roster, mentions, ..draft((group, member)) };
    let twin = NewMessage { id: MessageId::new(SystemIds.next_id()), ..late.clone() };
    for answer in append_all(&here, vec![late, twin]).await {
        assert_eq!(answer.unwrap(), Append::Outdated);
    }
    let learnt = here.standing(group, member).await.unwrap().unwrap();
    assert_eq!(learnt.role, Role::Member, "asked again it is the present one");
    assert_eq!(log_of(&here, group).await.len(), 4, "no position was taken");
}

async fn a_member_known_from_before_a_change_of_another_node_still_posts(place: Place) {
    let (here, there) =
        (place.store(SeaOptions::default()).await, place.store(SeaOptions::default()).await);
    let member = user_id();
    let (group, owner) = group(&here, vec![member]).await;
    let standing = here.standing(group, member).await.unwrap().unwrap();
    let mut tx = GroupStore::begin(&*there, group).await.unwrap().unwrap();
    tx.add(&[user_id()], Role::Member, act(owner)).await.unwrap();
    tx.commit().await.unwrap();
    let message = NewMessage { checked: standing.roster, ..draft((group, member)) };
    assert!(created(&here.append(message).await));
    let learnt = here.standing(group, member).await.unwrap().unwrap();
    assert!(learnt.roster > standing.roster, "one slow append taught the present roster");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_of_several_processes_take_turns_on_postgres() {
    let place = Place::postgres().await;
    let empty = Database::connect(&place.url).await.unwrap();
    empty.execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (heard, url) = (RecordedFeed::new(), place.url.clone());
        let options = SeaOptions { connections: 2, ..SeaOptions::default() };
        tasks.spawn(async move {
            let store = SeaStore::connect(&url, options, heard.clone(), heard).await.unwrap();
            store.migrate().await.unwrap();
            store.epoch().await.unwrap()
        });
    }
    let epochs = tasks.join_all().await;
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_postgres_cannot_hold_fails_alone() {
    let place = Place::postgres().await;
    let store = place.store(SeaOptions { lanes: 1, ..SeaOptions::default() }).await;
    let at = direct(&store).await;
    let mut drafts: Vec<NewMessage> = (0..20).map(|_| draft(at)).collect();
    drafts[7].body = MessageBody::from_stored("a\0b".into());
    let answers = append_all(&store, drafts).await;
    for (nth, answer) in answers.iter().enumerate() {
        assert_eq!(created(answer), nth != 7, "{nth}: {answer:?}");
    }
    assert_eq!(log_of(&store, at.0).await.len(), 19);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_survives_the_loss_of_its_connections() {
    let place = Place::postgres().await;
    let store = place.store(SeaOptions::default()).await;
    let at = direct(&store).await;
    assert!(created(&store.append(draft(at)).await));
    let killer = Database::connect(&place.url).await.unwrap();
    killer
        .execute_unprepared(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'kabar' AND datname = current_database()",
        )
        .await
        .unwrap();
    let begun = Instant::now();
    loop {
        match store.append(draft(at)).await {
            Ok(answer) => {
                assert!(created(&Ok(answer)));
                break;
            }
            Err(failure) => assert!(failure.transient, "{failure}"),
        }
        assert!(begun.elapsed() < DEADLINE, "the lane stays dead");
    }
    log_of(&store, at.0).await;
}
