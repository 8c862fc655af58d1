use std::sync::{Arc, Mutex};

use kabar_kernel::{IdSource, UserId};
use kabar_users::{
    Privacies, Privacy, PrivacyChange, ProfileError,
    ports::{MockPrivacyFeed, MockPrivacyStore, PrivacyFeed},
};

use crate::{
    mocked::{ayu, overloaded},
    scene::Scene,
};

const HIDE_TYPING: PrivacyChange =
    PrivacyChange { receipts: None, typing: Some(false), presence: None };

/// Keeps what it heard.
#[derive(Default)]
struct Heard(Mutex<Vec<(UserId, Privacy)>>);

impl PrivacyFeed for Heard {
    fn changed(&self, user: UserId, privacy: Privacy) {
        self.0.lock().unwrap().push((user, privacy));
    }
}

fn privacies(scene: &Scene) -> (Privacies, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    (Privacies::new(scene.store.clone(), heard.clone()), heard)
}

#[tokio::test]
async fn a_new_account_shows_everything() {
    let scene = Scene::new();
    let user = scene.register("ayu").await.user.id;
    let (privacies, heard) = privacies(&scene);
    let everything = Privacy { receipts: true, typing: true, presence: true };
    assert_eq!(privacies.of(user).await.unwrap(), everything);
    assert_eq!(*heard.0.lock().unwrap(), []);
}

#[tokio::test]
async fn a_change_is_of_what_it_names_and_is_told_whole() {
    let scene = Scene::new();
    let user = scene.register("ayu").await.user.id;
    let other = scene.register("budi").await.user.id;
    let (privacies, heard) = privacies(&scene);
    let mut expected = Privacy::default();
    let mut told = Vec::new();
    for (change, now) in [
        (HIDE_TYPING, Privacy { typing: false, ..expected }),
        (
            PrivacyChange { receipts: Some(false), ..PrivacyChange::default() },
            Privacy { typing: false, receipts: false, ..expected },
        ),
        (
            PrivacyChange { typing: Some(true), presence: Some(false), receipts: None },
            Privacy { typing: true, receipts: false, presence: false },
        ),
    ] {
        expected = now;
        told.push((user, now));
        assert_eq!(privacies.change(user, change).await.unwrap(), expected);
        assert_eq!(privacies.of(user).await.unwrap(), expected);
    }
    assert_eq!(*heard.0.lock().unwrap(), told);
    assert_eq!(privacies.of(other).await.unwrap(), Privacy::default());
}

#[tokio::test]
async fn an_unknown_account_shows_nothing_and_changes_nothing() {
    let scene = Scene::new();
    let nobody = UserId::new(scene.ids.next_id());
    let (privacies, heard) = privacies(&scene);
    let shown = privacies.of(nobody).await;
    assert!(matches!(shown, Err(ProfileError::NotFound)), "{shown:?}");
    let changed = privacies.change(nobody, HIDE_TYPING).await;
    assert!(matches!(changed, Err(ProfileError::NotFound)), "{changed:?}");
    assert_eq!(*heard.0.lock().unwrap(), []);
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_account_and_tells_nobody() {
    let mut store = MockPrivacyStore::new();
    store.expect_privacy().times(1).returning(|_| overloaded());
    store.expect_change_privacy().times(1).returning(|_, _| overloaded());
    let privacies = Privacies::new(Arc::new(store), Arc::new(MockPrivacyFeed::new()));
    assert!(matches!(privacies.of(ayu().id).await, Err(ProfileError::Port(_))));
    let changed = privacies.change(ayu().id, HIDE_TYPING).await;
    assert!(matches!(changed, Err(ProfileError::Port(_))));
}

#[tokio::test]
async fn of_two_changes_at_once_what_holds_is_told_last() {
    let older = Privacy { typing: false, ..Privacy::default() };
    let newer = Privacy { receipts: false, ..older };
    let heard = Arc::new(Heard::default());
    let (user, by_other) = (ayu().id, heard.clone());
    let mut store = MockPrivacyStore::new();
    // Another change is stored and told between the storing of this one and its telling.
    store.expect_change_privacy().times(1).return_once(move |user, _| {
        by_other.changed(user, newer);
        Ok(Some(older))
    });
    store.expect_privacy().returning(move |_| Ok(Some(newer)));
    let privacies = Privacies::new(Arc::new(store), heard.clone());
    assert_eq!(privacies.change(user, HIDE_TYPING).await.unwrap(), older, "its own change");
    assert_eq!(*heard.0.lock().unwrap(), [(user, newer), (user, older), (user, newer)]);
}

#[tokio::test]
async fn a_privacy_that_never_rests_keeps_nobody_waiting() {
    let mut store = MockPrivacyStore::new();
    store.expect_change_privacy().times(1).returning(|_, _| Ok(Some(Privacy::default())));
    let mut shown = [false, true].into_iter().cycle();
    store.expect_privacy().returning(move |_| {
        Ok(Some(Privacy { typing: shown.next().unwrap(), ..Privacy::default() }))
    });
    let mut feed = MockPrivacyFeed::new();
    feed.expect_changed().times(4).return_const(());
    let privacies = Privacies::new(Arc::new(store), Arc::new(feed));
    privacies.change(ayu().id, HIDE_TYPING).await.unwrap();
}
