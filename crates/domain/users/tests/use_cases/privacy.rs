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
