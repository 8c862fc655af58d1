use std::sync::Arc;

use kabar_kernel::PortError;
use kabar_users::{
    LogInError, User,
    ports::{CredentialStore, Verdict},
};

use crate::{
    fakes::{NoSecrets, parameters_of},
    mocked::{Mocked, ayu, overloaded, some_hash},
    scene::{PASSWORD, Scene, attempt, password, registration},
};

#[tokio::test]
async fn the_right_password_logs_in_under_any_spelling_of_the_name() {
    let scene = Scene::new();
    let made = scene.register("ayu").await;
    for spelling in ["ayu", "AYU", "ａｙｕ"] {
        let logged_in = scene.log_in(spelling, PASSWORD).await.unwrap();
        assert_eq!(logged_in.user, made.user, "{spelling}");
        assert!(scene.accepts(&logged_in.tokens).await, "{spelling}");
    }
}

#[tokio::test]
async fn every_log_in_is_a_session_of_its_own() {
    let scene = Scene::new();
    scene.register("ayu").await;
    let phone = scene.log_in("ayu", PASSWORD).await.unwrap().tokens.refresh;
    let laptop = scene.log_in("ayu", PASSWORD).await.unwrap().tokens.refresh;
    assert_ne!(phone.session, laptop.session);
    assert_ne!(phone.secret, laptop.secret);
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let scene = Scene::new();
    scene.register("ayu").await;
    for wrong in ["", "correct horse batter", "correct horse battery ", "CORRECT HORSE BATTERY"] {
        let refused = scene.log_in("ayu", wrong).await;
        assert!(matches!(refused, Err(LogInError::Refused)), "{wrong:?}: {refused:?}");
    }
}

#[tokio::test]
async fn the_password_of_another_account_is_refused() {
    let scene = Scene::new();
    let mut other = registration("budi");
    other.password = password("a different password");
    scene.accounts.register(other).await.unwrap();
    scene.register("ayu").await;
    assert!(matches!(scene.log_in("budi", PASSWORD).await, Err(LogInError::Refused)));
}

#[tokio::test]
async fn a_deactivated_account_is_refused_with_the_right_password() {
    let scene = Scene::new();
    scene.deactivated("ayu").await;
    assert!(matches!(scene.log_in("ayu", PASSWORD).await, Err(LogInError::Refused)));
}

#[tokio::test]
async fn a_deactivated_account_costs_a_verification_and_is_not_rehashed() {
    let mut ports = Mocked::new();
    let gone = User { deactivated_at: Some(ayu().created_at), ..ayu() };
    ports.know(&gone, Some(some_hash("stored")));
    ports.hasher.expect_verify().times(1).returning(|_, _| Ok(Verdict::MatchOutdated));
    let refused = ports.sessions().log_in(attempt("ayu", PASSWORD)).await;
    assert!(matches!(refused, Err(LogInError::Refused)));
}

#[tokio::test]
async fn an_unknown_username_costs_a_verification_against_nothing() {
    let mut ports = Mocked::new();
    ports.users.expect_by_username().times(1).returning(|_| Ok(None));
    ports
        .hasher
        .expect_verify()
        .withf(|_, hash| hash.is_none())
        .times(1)
        .returning(|_, _| Ok(Verdict::Mismatch));
    let refused = ports.sessions().log_in(attempt("nobody", PASSWORD)).await;
    assert!(matches!(refused, Err(LogInError::Refused)));
}

#[tokio::test]
async fn a_username_that_cannot_exist_costs_a_verification_too() {
    for impossible in ["", "a", "a b", "ayu\0", "аyu"] {
        let mut ports = Mocked::new();
        ports
            .hasher
            .expect_verify()
            .withf(|_, hash| hash.is_none())
            .times(1)
            .returning(|_, _| Ok(Verdict::Mismatch));
        let refused = ports.sessions().log_in(attempt(impossible, PASSWORD)).await;
        assert!(matches!(refused, Err(LogInError::Refused)), "{impossible:?}");
    }
}

#[tokio::test]
async fn a_password_too_long_to_be_anybodys_is_refused_before_any_work() {
    let endless = attempt("ayu", &"x".repeat(1025));
    assert!(endless.password.is_none());
    let refused = Mocked::new().sessions().log_in(endless).await;
    assert!(matches!(refused, Err(LogInError::Refused)));
}

#[tokio::test]
async fn an_account_without_a_password_is_refused_whatever_the_verdict() {
    for verdict in [Verdict::Match, Verdict::MatchOutdated, Verdict::Mismatch] {
        let mut ports = Mocked::new();
        ports.know(&ayu(), None);
        ports.hasher.expect_verify().times(1).return_once(move |_, _| Ok(verdict));
        let refused = ports.sessions().log_in(attempt("ayu", PASSWORD)).await;
        assert!(matches!(refused, Err(LogInError::Refused)), "{verdict:?}");
    }
}

#[tokio::test]
async fn an_outdated_hash_is_strengthened_at_the_next_log_in() {
    let scene = Scene::new();
    let user = scene.register("ayu").await.user.id;
    scene.hasher.strengthen();
    assert!(scene.log_in("ayu", PASSWORD).await.is_ok());
    let stored = scene.store.password_hash(user).await.unwrap().unwrap();
    assert_eq!(parameters_of(&stored), scene.hasher.parameters());
    assert!(scene.log_in("ayu", PASSWORD).await.is_ok());
    assert!(matches!(scene.log_in("ayu", "another one").await, Err(LogInError::Refused)));
}

#[tokio::test]
async fn a_hash_with_the_parameters_in_force_is_left_alone() {
    let mut ports = Mocked::new();
    ports.know(&ayu(), Some(some_hash("stored")));
    ports
        .hasher
        .expect_verify()
        .withf(|_, hash| *hash == Some(some_hash("stored")))
        .times(1)
        .returning(|_, _| Ok(Verdict::Match));
    ports.open_one_session();
    assert_eq!(ports.sessions().log_in(attempt("ayu", PASSWORD)).await.unwrap().user, ayu());
}

#[tokio::test]
async fn a_rehash_that_loses_its_race_logs_in_all_the_same() {
    let mut ports = Mocked::new();
    ports.know(&ayu(), Some(some_hash("stored")));
    ports.hasher.expect_verify().times(1).returning(|_, _| Ok(Verdict::MatchOutdated));
    ports.hasher.expect_hash().times(1).returning(|_| Ok(some_hash("stronger")));
    ports
        .credentials
        .expect_replace()
        .withf(|user, expected, new| {
            *user == ayu().id && *expected == some_hash("stored") && *new == some_hash("stronger")
        })
        .times(1)
        .returning(|_, _, _| Ok(false));
    ports.open_one_session();
    assert!(ports.sessions().log_in(attempt("ayu", PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn an_overloaded_hasher_refuses_nobody_and_lets_nobody_in() {
    let mut ports = Mocked::new();
    ports.know(&ayu(), Some(some_hash("stored")));
    ports.hasher.expect_verify().times(1).returning(|_, _| overloaded());
    let failed = ports.sessions().log_in(attempt("ayu", PASSWORD)).await;
    assert!(matches!(failed, Err(LogInError::Port(PortError { transient: true, .. }))));
}

#[tokio::test]
async fn nothing_is_stored_without_randomness() {
    let mut ports = Mocked::new();
    ports.know(&ayu(), Some(some_hash("stored")));
    ports.hasher.expect_verify().times(1).returning(|_, _| Ok(Verdict::Match));
    ports.secrets = Arc::new(NoSecrets);
    let failed = ports.sessions().log_in(attempt("ayu", PASSWORD)).await;
    assert!(matches!(failed, Err(LogInError::Port(_))));
}
