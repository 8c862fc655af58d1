use std::{sync::Arc, time::Duration};

use kabar_kernel::PortError;
use kabar_users::{
    Accounts, DisplayName, Register, RegisterError, SessionLimits, SessionPorts, Sessions,
    ports::{CreateUser, MockSessionStore},
};
use mockall::Sequence;

use crate::{
    fakes::{CountedSecrets, FakeRefreshSecrets, FakeTokens},
    mocked::{Mocked, overloaded, some_hash},
    scene::{PASSWORD, Scene, registration},
};

#[tokio::test]
async fn a_new_account_is_logged_in_under_its_folded_name() {
    let scene = Scene::new();
    let made = scene.register("ＡYU.Lestari").await;
    assert_eq!(made.user.username.as_str(), "ayu.lestari");
    assert_eq!(made.user.created_at, scene.now());
    assert!(made.user.is_active());
    assert_eq!(made.tokens.expires_in, Duration::from_secs(600));
    let identity = scene.sessions.check(made.tokens.access.as_str()).await.unwrap();
    assert_eq!(identity.user, made.user.id);
    assert_eq!(scene.accounts.profile(made.user.id).await.unwrap(), made.user);
}

#[tokio::test]
async fn the_display_name_is_the_username_unless_one_is_given() {
    let scene = Scene::new();
    assert_eq!(scene.register("AYU").await.user.display_name.as_str(), "ayu");
    let named = Register {
        display_name: Some(DisplayName::parse("Budi 🌺").unwrap()),
        ..registration("budi")
    };
    let made = scene.accounts.register(named).await.unwrap();
    assert_eq!(made.user.display_name.as_str(), "Budi 🌺");
}

#[tokio::test]
async fn a_username_that_is_taken_in_another_spelling_is_refused() {
    let scene = Scene::new();
    let first = scene.register("ayu").await;
    for spelling in ["ayu", "AYU", "ａｙｕ"] {
        let refused = scene.try_register(spelling).await;
        assert!(matches!(refused, Err(RegisterError::UsernameTaken)), "{spelling}: {refused:?}");
    }
    assert_eq!(scene.log_in("ayu", PASSWORD).await.unwrap().user, first.user);
}

#[tokio::test]
async fn the_password_is_hashed_before_anything_is_stored() {
    let (mut ports, mut order) = (Mocked::new(), Sequence::new());
    ports
        .hasher
        .expect_hash()
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(some_hash("of the password")));
    ports
        .users
        .expect_create()
        .withf(|user, hash| {
            user.username.as_str() == "ayu" && *hash == some_hash("of the password")
        })
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, _| Ok(CreateUser::Created));
    ports.open_one_session();
    ports.accounts().register(registration("ayu")).await.unwrap();
}

#[tokio::test]
async fn nothing_is_stored_when_the_password_could_not_be_hashed() {
    let mut ports = Mocked::new();
    ports.hasher.expect_hash().times(1).returning(|_| overloaded());
    let failed = ports.accounts().register(registration("ayu")).await;
    assert!(matches!(failed, Err(RegisterError::Port(PortError { transient: true, .. }))));
}

#[tokio::test]
async fn a_refused_registration_opens_no_session() {
    let mut ports = Mocked::new();
    ports.hasher.expect_hash().returning(|_| Ok(some_hash("any")));
    ports.users.expect_create().times(1).returning(|_, _| Ok(CreateUser::UsernameTaken));
    let refused = ports.accounts().register(registration("ayu")).await;
    assert!(matches!(refused, Err(RegisterError::UsernameTaken)));
}

#[tokio::test]
async fn an_account_whose_first_session_failed_can_still_log_in() {
    let scene = Scene::new();
    let mut broken = MockSessionStore::new();
    broken.expect_create().times(1).returning(|_, _| overloaded());
    let ports = SessionPorts {
        users: scene.store.clone(),
        credentials: scene.store.clone(),
        store: Arc::new(broken),
        hasher: scene.hasher.clone(),
        access_tokens: Arc::new(FakeTokens { clock: scene.clock.clone() }),
        refresh_secrets: Arc::new(FakeRefreshSecrets),
        clock: scene.clock.clone(),
        ids: scene.ids.clone(),
        secrets: Arc::new(CountedSecrets::default()),
    };
    let accounts = Accounts::new(
        scene.store.clone(),
        scene.hasher.clone(),
        Arc::new(Sessions::new(ports, SessionLimits::default())),
        scene.clock.clone(),
        scene.ids.clone(),
    );
    let failed = accounts.register(registration("ayu")).await;
    assert!(matches!(failed, Err(RegisterError::Port(_))), "{failed:?}");
    let again = scene.try_register("ayu").await;
    assert!(matches!(again, Err(RegisterError::UsernameTaken)), "{again:?}");
    assert!(scene.log_in("ayu", PASSWORD).await.is_ok());
}
