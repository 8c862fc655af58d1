use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kabar_kernel::{Clock, ConversationId, IdSource};
use kabar_notifications::{Level, Preferences, PreferencesError, Rules};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, Told},
};

const ALL: Preferences = Preferences { level: Some(Level::All), muted_until: None };

fn only(conversation: ConversationId, preferences: Preferences) -> Rules {
    Rules { quiet: None, conversations: [(conversation, preferences)].into() }
}

#[tokio::test]
async fn before_anything_was_decided_the_defaults_hold() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let preferences = scene.notifications.preferences(conversation, ayu).await.unwrap();
    assert_eq!(preferences, Preferences::default());
    assert_eq!(scene.notifications.rules(ayu).await.unwrap(), Rules::default());
}

#[tokio::test]
async fn what_was_decided_holds_for_whoever_decided_it_and_their_devices_are_told() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.notifications.set_preferences(conversation, ayu, ALL).await.unwrap();
    assert_eq!(scene.notifications.preferences(conversation, ayu).await.unwrap(), ALL);
    let rules = only(conversation, ALL);
    assert_eq!(scene.notifications.rules(ayu).await.unwrap(), rules);
    let told = [Told::Rules(ayu, rules), Told::Preferences(ayu, conversation, ALL)];
    assert_eq!(scene.heard.take(), told);
    let others = scene.notifications.preferences(conversation, budi).await.unwrap();
    assert_eq!(others, Preferences::default());
}

#[tokio::test]
async fn the_whole_is_replaced() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let until = scene.clock.now().after(Duration::from_secs(60));
    let mute = Preferences { level: None, muted_until: Some(until) };
    for preferences in [ALL, mute, Preferences::default()] {
        scene.notifications.set_preferences(conversation, ayu, preferences).await.unwrap();
        let holds = scene.notifications.preferences(conversation, ayu).await.unwrap();
        assert_eq!(holds, preferences);
    }
    assert_eq!(scene.notifications.rules(ayu).await.unwrap(), Rules::default());
}

#[tokio::test]
async fn a_mute_that_is_over_is_no_rule_any_more() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let until = scene.clock.now().after(Duration::from_secs(60));
    let mute = Preferences { level: None, muted_until: Some(until) };
    scene.notifications.set_preferences(conversation, ayu, mute).await.unwrap();
    assert_eq!(scene.notifications.rules(ayu).await.unwrap(), only(conversation, mute));
    scene.clock.advance(Duration::from_secs(60));
    assert_eq!(scene.notifications.rules(ayu).await.unwrap(), Rules::default());
}

#[tokio::test]
async fn whoever_is_not_a_member_decides_nothing_and_nobody_is_told() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    let eve = scene.user("eve").await;
    scene.notifications.set_preferences(group, budi, ALL).await.unwrap();
    scene.remove(group, budi, ayu).await;
    scene.heard.take();
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, user) in [(group, eve), (group, budi), (nowhere, ayu)] {
        let refused = scene.notifications.preferences(conversation, user).await;
        assert!(matches!(refused, Err(PreferencesError::ConversationNotFound)), "{refused:?}");
        let refused = scene.notifications.set_preferences(conversation, user, ALL).await;
        assert!(matches!(refused, Err(PreferencesError::ConversationNotFound)), "{refused:?}");
    }
    assert_eq!(scene.heard.take(), []);
    assert_eq!(scene.notifications.rules(budi).await.unwrap(), Rules::default());
    scene.add(group, budi, ayu).await;
    let holds = scene.notifications.preferences(group, budi).await.unwrap();
    assert_eq!(holds, Preferences::default(), "whoever comes back begins anew");
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_conversation() {
    let (conversation, user) = some_ids();
    let mut ports = Mocked::new();
    ports.preferences.expect_preferences().times(1).returning(|_, _| overloaded());
    ports.preferences.expect_set_preferences().times(1).returning(|_, _, _| overloaded());
    let notifications = ports.notifications();
    let failed = notifications.preferences(conversation, user).await;
    assert!(matches!(failed, Err(PreferencesError::Port(_))));
    let failed = notifications.set_preferences(conversation, user, ALL).await;
    assert!(matches!(failed, Err(PreferencesError::Port(_))));

    // Set, and the rules that follow from it could not be read: saying it again is safe.
    let mut ports = Mocked::new();
    ports.preferences.expect_set_preferences().times(1).returning(|_, _, _| Ok(true));
    ports.preferences.expect_rules().times(1).returning(|_, _| overloaded());
    let failed = ports.notifications().set_preferences(conversation, user, ALL).await;
    assert!(matches!(failed, Err(PreferencesError::Port(_))));
}

/// The store answers with these rules one after the other, the last one ever after: each is stored, and
/// fed by whoever stored it, right after the one before was read. Answers what the feed hears.
fn rules_that_change_meanwhile(ports: &mut Mocked, stored: Vec<Rules>) -> Arc<Mutex<Vec<Rules>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (by_others, by_service) = (heard.clone(), heard.clone());
    let mut reads = 0;
    ports.preferences.expect_rules().returning(move |_, _| {
        let read = stored.get(reads).or(stored.last()).unwrap().clone();
        reads += 1;
        by_others.lock().unwrap().extend(stored.get(reads).cloned());
        Ok(read)
    });
    ports.feed.expect_rules().returning(move |_, rules| by_service.lock().unwrap().push(rules));
    heard
}

#[tokio::test]
async fn of_two_changes_at_once_the_rules_that_hold_are_told_last() {
    let (conversation, user) = some_ids();
    let (older, newer) = (Rules::default(), only(conversation, ALL));
    let mut ports = Mocked::new();
    ports.preferences.expect_set_quiet_hours().times(1).returning(|_, _| Ok(()));
    let heard = rules_that_change_meanwhile(&mut ports, vec![older.clone(), newer.clone()]);
    ports.notifications().set_quiet_hours(user, None).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [newer.clone(), older, newer]);
}

#[tokio::test]
async fn of_two_decisions_at_once_the_one_that_holds_is_told_last() {
    let (conversation, user) = some_ids();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let mut ports = Mocked::new();
    ports.preferences.expect_set_preferences().times(1).returning(|_, _, _| Ok(true));
    ports.preferences.expect_rules().returning(|_, _| Ok(Rules::default()));
    ports.feed.expect_rules().return_const(());
    // Another device went back to the defaults between the writing and the telling.
    ports.preferences.expect_preferences().returning(|_, _| Ok(Some(Preferences::default())));
    ports.feed.expect_preferences().returning(move |_, _, told| hears.lock().unwrap().push(told));
    ports.notifications().set_preferences(conversation, user, ALL).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [ALL, Preferences::default()]);
}

#[tokio::test]
async fn settings_that_never_rest_keep_nobody_waiting() {
    let (conversation, user) = some_ids();
    let mut ports = Mocked::new();
    ports.preferences.expect_set_quiet_hours().times(1).returning(|_, _| Ok(()));
    let rules = [only(conversation, ALL), Rules::default()];
    let mut reads = rules.into_iter().cycle();
    ports.preferences.expect_rules().returning(move |_, _| Ok(reads.next().unwrap()));
    ports.feed.expect_rules().times(4).return_const(());
    ports.notifications().set_quiet_hours(user, None).await.unwrap();
}
