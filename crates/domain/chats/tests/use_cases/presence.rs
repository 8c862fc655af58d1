use std::sync::Arc;

use kabar_chats::{
    Presence, Presences,
    ports::{Connected, MockConnected, MockPresenceStore},
};
use kabar_kernel::{Clock, IdSource, Timestamp, UserId};
use kabar_users::PrivacyChange;

use crate::{
    fixed::{CountedIds, FixedClock},
    mocked::overloaded,
    scene::Scene,
};

const HIDDEN: PrivacyChange = PrivacyChange { receipts: None, typing: None, presence: Some(false) };

const fn online(user: UserId) -> Presence {
    Presence { user, online: true, last_seen_at: None }
}

const fn gone(user: UserId, at: Timestamp) -> Presence {
    Presence { user, online: false, last_seen_at: Some(at) }
}

#[tokio::test]
async fn whoever_shares_a_conversation_sees_who_is_there_and_who_was() {
    let scene = Scene::new();
    let (_, ayu, budi) = scene.pair().await;
    assert_eq!(scene.presences.of(ayu, &[budi]).await.unwrap(), [Presence::unknown(budi)]);
    let left = scene.clock.now();
    scene.presences.note(&[(budi, left)]).await.unwrap();
    assert_eq!(scene.presences.of(ayu, &[budi]).await.unwrap(), [gone(budi, left)]);
    scene.devices.connect(budi);
    // Of whoever is there, nothing is told of when they were not.
    assert_eq!(scene.presences.of(ayu, &[budi]).await.unwrap(), [online(budi)]);
}

#[tokio::test]
async fn of_strangers_and_of_those_who_hide_it_nothing_is_known() {
    let scene = Scene::new();
    let (_, ayu, budi) = scene.pair().await;
    let (eve, nobody) = (scene.user("eve").await, scene.stranger());
    for user in [ayu, budi, eve, nobody] {
        scene.devices.connect(user);
    }
    scene.presences.note(&[(budi, scene.clock.now())]).await.unwrap();
    scene.change_privacy(budi, HIDDEN).await;
    let seen = scene.presences.of(ayu, &[eve, ayu, budi, nobody]).await.unwrap();
    let [stranger, hidden, unknown] = [eve, budi, nobody].map(Presence::unknown);
    assert_eq!(seen, [stranger, online(ayu), hidden, unknown], "in the order asked for");
}

#[tokio::test]
async fn those_who_may_know_are_told() {
    let scene = Scene::new();
    let (_, ayu, budi) = scene.pair().await;
    let eve = scene.user("eve").await;
    assert_eq!(scene.presences.entitled(budi, &[eve, ayu]).await.unwrap(), [ayu]);
    scene.change_privacy(budi, HIDDEN).await;
    assert_eq!(scene.presences.entitled(budi, &[eve, ayu]).await.unwrap(), []);
    assert_eq!(scene.presences.entitled(budi, &[]).await.unwrap(), []);
}

fn users(count: usize) -> Vec<UserId> {
    let ids = CountedIds::new();
    (0..count).map(|_| UserId::new(ids.next_id())).collect()
}

/// The service on a mocked store, for which nobody is there.
fn on(store: MockPresenceStore) -> Presences {
    let mut connected = MockConnected::new();
    connected.expect_is_online().return_const(false);
    let connected: Arc<dyn Connected> = Arc::new(connected);
    Presences::new(Arc::new(store), connected)
}

#[tokio::test]
async fn the_store_is_asked_of_no_more_watchers_than_it_answers() {
    let mut store = MockPresenceStore::new();
    store
        .expect_entitled()
        .withf(|_, watchers| watchers.len() <= 1000)
        .times(3)
        .returning(|_, watchers| Ok(watchers.to_vec()));
    let watchers = users(2001);
    assert_eq!(on(store).entitled(watchers[0], &watchers).await.unwrap(), watchers);
}

#[tokio::test]
async fn nobody_is_asked_when_nobody_watches_and_nothing_is_noted_when_nobody_went() {
    let presences = on(MockPresenceStore::new());
    assert_eq!(presences.entitled(users(1)[0], &[]).await.unwrap(), []);
    presences.note(&[]).await.unwrap();
}

#[tokio::test]
async fn the_store_notes_no_more_at_once_than_it_takes() {
    let mut store = MockPresenceStore::new();
    store.expect_note().withf(|seen| seen.len() == 1000).times(2).returning(|_| Ok(()));
    store.expect_note().withf(|seen| seen.len() == 1).times(1).returning(|_| Ok(()));
    let now = FixedClock::new().now();
    let seen: Vec<_> = users(2001).into_iter().map(|user| (user, now)).collect();
    on(store).note(&seen).await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_makes_nobody_absent() {
    let mut store = MockPresenceStore::new();
    store.expect_visible().times(1).returning(|_, _| overloaded());
    store.expect_entitled().times(1).returning(|_, _| overloaded());
    store.expect_note().times(1).returning(|_| overloaded());
    let (presences, users) = (on(store), users(2));
    assert!(presences.of(users[0], &users).await.is_err());
    assert!(presences.entitled(users[0], &users).await.is_err());
    assert!(presences.note(&[(users[0], FixedClock::new().now())]).await.is_err());
}
