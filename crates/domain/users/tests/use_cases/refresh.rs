use std::time::Duration;

use kabar_kernel::SessionId;
use kabar_users::{
    CheckError, RefreshError, RefreshSecret, RefreshToken, Session, Tokens,
    ports::{RefreshSecrets, RotateRequest, Rotation},
};
use tokio::task::JoinSet;

use crate::{
    fakes::FakeRefreshSecrets,
    mocked::{Mocked, ayu, overloaded},
    scene::{PASSWORD, Scene},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const GRACE: Duration = Duration::from_secs(10);
const INSTANT: Duration = Duration::from_millis(1);
/// How often a client refreshes that does so every 10 min as long as its session may live.
const LIFETIME: usize = 90 * 24 * 6;

async fn refresh(scene: &Scene, tokens: &Tokens) -> Result<Tokens, RefreshError> {
    scene.sessions.refresh(&tokens.refresh.to_string()).await
}

async fn refused(scene: &Scene, tokens: &Tokens) -> bool {
    matches!(refresh(scene, tokens).await, Err(RefreshError::Refused))
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_the_next_tokens_of_its_session() {
    let scene = Scene::new();
    let made = scene.register("ayu").await;
    scene.wait(Duration::from_secs(601));
    assert!(!scene.accepts(&made.tokens).await);
    let next = refresh(&scene, &made.tokens).await.unwrap();
    assert_eq!(next.refresh.session, made.tokens.refresh.session);
    assert_ne!(next.refresh.secret, made.tokens.refresh.secret);
    let identity = scene.sessions.check(next.access.as_str()).await.unwrap();
    assert_eq!(identity.user, made.user.id);
    assert_eq!(identity.expires_at, scene.now().after(Duration::from_secs(600)));
    assert!(refresh(&scene, &next).await.is_ok());
}

#[tokio::test]
async fn refreshing_prolongs_a_session_that_would_have_been_idle() {
    let scene = Scene::new();
    let first = scene.register("ayu").await.tokens;
    scene.wait(30 * DAY - INSTANT);
    let second = refresh(&scene, &first).await.unwrap();
    scene.wait(30 * DAY - INSTANT);
    assert!(refresh(&scene, &second).await.is_ok());
}

#[tokio::test]
async fn an_idle_session_is_over() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    scene.wait(30 * DAY);
    assert!(refused(&scene, &tokens).await);
}

#[tokio::test]
async fn a_refreshed_session_lies_idle_no_longer_than_a_new_one() {
    let scene = Scene::new();
    let first = scene.register("ayu").await.tokens;
    let second = refresh(&scene, &first).await.unwrap();
    scene.wait(30 * DAY);
    assert!(refused(&scene, &second).await);
}

#[tokio::test]
async fn a_session_is_over_at_its_age_however_often_it_was_refreshed() {
    let scene = Scene::new();
    let mut tokens = scene.register("ayu").await.tokens;
    for _ in 0..4 {
        scene.wait(20 * DAY);
        tokens = refresh(&scene, &tokens).await.unwrap();
    }
    scene.wait(10 * DAY);
    assert!(refused(&scene, &tokens).await);
}

#[tokio::test]
async fn repeating_a_refresh_within_the_grace_answers_the_same_successor() {
    let scene = Scene::new();
    let first = scene.register("ayu").await.tokens;
    let answer = refresh(&scene, &first).await.unwrap();
    for _ in 0..2 {
        scene.wait(GRACE / 2);
        let repeated = refresh(&scene, &first).await.unwrap();
        assert_eq!(repeated.refresh, answer.refresh);
        assert!(scene.accepts(&repeated).await);
    }
    assert!(refresh(&scene, &answer).await.is_ok());
}

#[tokio::test]
async fn a_used_token_that_comes_back_after_the_grace_ends_the_session() {
    let scene = Scene::new();
    let first = scene.register("ayu").await.tokens;
    let next = refresh(&scene, &first).await.unwrap();
    scene.wait(GRACE + INSTANT);
    assert!(refused(&scene, &first).await);
    let checked = scene.sessions.check(next.access.as_str()).await;
    assert!(matches!(checked, Err(CheckError::SessionOver)), "{checked:?}");
    assert!(refused(&scene, &next).await);
}

#[tokio::test]
async fn any_earlier_token_that_comes_back_ends_the_session() {
    for (refreshes, reused) in [(2, 0), (3, 0), (3, 1), (100, 0), (100, 50), (100, 98)] {
        let scene = Scene::new();
        let mut tokens = vec![scene.register("ayu").await.tokens];
        for _ in 0..refreshes {
            tokens.push(refresh(&scene, tokens.last().unwrap()).await.unwrap());
        }
        let current = &tokens[refreshes];
        assert!(scene.accepts(current).await);
        assert!(refused(&scene, &tokens[reused]).await);
        assert!(!scene.accepts(current).await, "{reused} of {refreshes}");
        assert!(refused(&scene, current).await, "{reused} of {refreshes}");
    }
}

#[tokio::test]
async fn an_earlier_token_of_one_session_ends_no_other() {
    let scene = Scene::new();
    let phone = scene.register("ayu").await.tokens;
    let laptop = scene.log_in("ayu", PASSWORD).await.unwrap().tokens;
    let second = refresh(&scene, &laptop).await.unwrap();
    let third = refresh(&scene, &second).await.unwrap();
    let crossed =
        RefreshToken { session: phone.refresh.session, secret: laptop.refresh.secret.clone() };
    let answer = scene.sessions.refresh(&crossed.to_string()).await;
    assert!(matches!(answer, Err(RefreshError::Refused)));
    assert!(refused(&scene, &laptop).await);
    assert!(!scene.accepts(&third).await);
    assert!(refresh(&scene, &phone).await.is_ok());
}

#[tokio::test]
async fn the_first_token_of_the_longest_session_is_known_and_nothing_further_back() {
    for (exchanges, ends) in [(LIFETIME, 1), (LIFETIME + 1, 0)] {
        let mut ports = Mocked::new();
        ports.digest();
        ports.store.expect_rotate().times(1).returning(move |request| {
            let mut secret = RefreshSecret::new([0; 32]);
            for _ in 0..exchanges {
                secret = FakeRefreshSecrets.successor(&secret);
            }
            let current = FakeRefreshSecrets.digest(&secret);
            Ok(Rotation::Unknown { session: session_in(&request), current })
        });
        ports
            .store
            .expect_end()
            .withf(|session, _| *session == some_session())
            .times(ends)
            .returning(|_, _| Ok(true));
        let refused = ports.sessions().refresh(&some_token()).await;
        assert!(matches!(refused, Err(RefreshError::Refused)), "{exchanges}");
    }
}

#[tokio::test]
async fn a_reuse_whose_end_fails_is_not_answered_as_if_it_were_done() {
    let mut ports = Mocked::new();
    ports.digest();
    ports.store.expect_rotate().times(1).returning(|request| {
        let current = request.successor;
        Ok(Rotation::Unknown { session: session_in(&request), current })
    });
    ports.store.expect_end().times(1).returning(|_, _| overloaded());
    let failed = ports.sessions().refresh(&some_token()).await;
    assert!(matches!(failed, Err(RefreshError::Port(_))));
}

#[tokio::test]
async fn a_reused_token_signs_nothing() {
    let mut ports = Mocked::new();
    ports.digest();
    ports
        .store
        .expect_rotate()
        .times(1)
        .returning(|request| Ok(Rotation::Reused(session_in(&request))));
    let refused = ports.sessions().refresh(&some_token()).await;
    assert!(matches!(refused, Err(RefreshError::Refused)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_that_race_all_get_the_one_successor() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    let mut racing = JoinSet::new();
    for _ in 0..50 {
        let (sessions, token) = (scene.sessions.clone(), tokens.refresh.to_string());
        racing.spawn(async move { sessions.refresh(&token).await.unwrap().refresh });
    }
    let mut successors = racing.join_all().await;
    successors.dedup();
    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_without_asking_the_store() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    let (token, access) = (tokens.refresh.to_string(), tokens.access.as_str());
    let cut = &token[..token.len() - 1];
    let shouted = token.to_uppercase();
    let longer = format!("{token}0");
    for garbage in ["", ".", "null", access, cut, &shouted, &longer, &"x".repeat(100_000)] {
        let refused = Mocked::new().sessions().refresh(garbage).await;
        assert!(matches!(refused, Err(RefreshError::Refused)));
    }
}

#[tokio::test]
async fn a_guessed_secret_is_refused_and_harms_nobody() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    let guess =
        RefreshToken { session: tokens.refresh.session, secret: RefreshSecret::new([7; 32]) };
    let answer = scene.sessions.refresh(&guess.to_string()).await;
    assert!(matches!(answer, Err(RefreshError::Refused)));
    assert!(refresh(&scene, &tokens).await.is_ok());
}

#[tokio::test]
async fn a_token_of_no_session_is_refused() {
    let answer = Scene::new().sessions.refresh(&some_token()).await;
    assert!(matches!(answer, Err(RefreshError::Refused)));
}

#[tokio::test]
async fn a_store_that_fails_refuses_nobody() {
    let mut ports = Mocked::new();
    ports.digest();
    ports.store.expect_rotate().times(1).returning(|_| overloaded());
    let failed = ports.sessions().refresh(&some_token()).await;
    assert!(matches!(failed, Err(RefreshError::Port(_))));
}

fn some_session() -> SessionId {
    "0190a0a0-0000-7000-8000-0000000000ff".parse().unwrap()
}

/// A well-formed token of a session that does not exist. Its secret is all zeros.
fn some_token() -> String {
    format!("{}.{}", some_session(), "0".repeat(64))
}

/// A session for a store to tell of.
fn session_in(request: &RotateRequest) -> Session {
    Session {
        id: request.session,
        user: ayu().id,
        created_at: request.now,
        idle_until: request.now,
        expires_at: request.now,
        ended_at: None,
    }
}
