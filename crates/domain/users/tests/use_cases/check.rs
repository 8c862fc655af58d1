use std::time::Duration;

use kabar_kernel::{IdSource, SessionId, UserId};
use kabar_users::{
    AccessClaims, CheckError, Identity,
    ports::{AccessTokens, TokenRejected},
};

use crate::{
    fakes::FakeTokens,
    mocked::{Mocked, ayu, overloaded},
    scene::Scene,
};

/// A token that was signed by this server, for whatever is claimed.
fn signed(scene: &Scene, user: UserId, session: SessionId) -> String {
    let now = scene.now();
    let expires_at = now.after(Duration::from_secs(600));
    let tokens = FakeTokens { clock: scene.clock.clone() };
    let claims = AccessClaims { user, session, issued_at: now, expires_at };
    tokens.issue(&claims).unwrap().as_str().to_owned()
}

async fn is_over(scene: &Scene, token: &str) -> bool {
    matches!(scene.sessions.check(token).await, Err(CheckError::SessionOver))
}

#[tokio::test]
async fn a_token_tells_who_acts_in_which_session_until_when() {
    let scene = Scene::new();
    let made = scene.register("ayu").await;
    let issued = scene.now();
    scene.wait(Duration::from_secs(599));
    let identity = scene.sessions.check(made.tokens.access.as_str()).await.unwrap();
    let expected = Identity {
        user: made.user.id,
        session: made.tokens.refresh.session,
        expires_at: issued.after(Duration::from_secs(600)),
    };
    assert_eq!(identity, expected);
}

#[tokio::test]
async fn an_expired_token_is_refused_as_such() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    scene.wait(Duration::from_secs(600));
    let refused = scene.sessions.check(tokens.access.as_str()).await;
    assert!(matches!(refused, Err(CheckError::Token(TokenRejected::Expired))), "{refused:?}");
}

#[tokio::test]
async fn an_invalid_token_is_refused_without_asking_the_store() {
    let mut ports = Mocked::new();
    ports
        .access_tokens
        .expect_verify()
        .withf(|token| token == "forged")
        .times(1)
        .returning(|_| Err(TokenRejected::Invalid));
    let refused = ports.sessions().check("forged").await;
    assert!(matches!(refused, Err(CheckError::Token(TokenRejected::Invalid))));
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    let refused = scene.sessions.check(&tokens.refresh.to_string()).await;
    assert!(matches!(refused, Err(CheckError::Token(TokenRejected::Invalid))), "{refused:?}");
}

#[tokio::test]
async fn a_token_whose_session_lies_idle_is_refused() {
    let scene = Scene::new();
    let made = scene.register("ayu").await;
    scene.wait(Duration::from_secs(30 * 24 * 60 * 60));
    let token = signed(&scene, made.user.id, made.tokens.refresh.session);
    assert!(is_over(&scene, &token).await);
    assert!(!scene.sessions.is_live(made.tokens.refresh.session).await.unwrap());
}

#[tokio::test]
async fn a_token_of_no_session_is_refused() {
    let scene = Scene::new();
    let user = scene.register("ayu").await.user.id;
    let session = SessionId::new(scene.ids.next_id());
    assert!(is_over(&scene, &signed(&scene, user, session)).await);
    assert!(!scene.sessions.is_live(session).await.unwrap());
}

#[tokio::test]
async fn a_token_that_names_the_session_of_another_user_is_refused() {
    let scene = Scene::new();
    let ayu = scene.register("ayu").await;
    let budi = scene.register("budi").await;
    let token = signed(&scene, ayu.user.id, budi.tokens.refresh.session);
    assert!(is_over(&scene, &token).await);
    assert!(scene.accepts(&budi.tokens).await);
}

#[tokio::test]
async fn a_store_that_fails_lets_nobody_in_and_says_so() {
    let mut ports = Mocked::new();
    let session = SessionId::new(ayu().id.as_uuid());
    ports.access_tokens.expect_verify().returning(move |_| {
        let at = ayu().created_at;
        Ok(AccessClaims { user: ayu().id, session, issued_at: at, expires_at: at })
    });
    ports.store.expect_by_id().times(2).returning(|_| overloaded());
    let sessions = ports.sessions();
    assert!(matches!(sessions.check("signed").await, Err(CheckError::Port(_))));
    assert!(sessions.is_live(session).await.is_err());
}
