use kabar_kernel::{IdSource, SessionId};
use kabar_users::{CheckError, LogOutError, RefreshError};

use crate::{
    mocked::{Mocked, ayu, overloaded},
    scene::{PASSWORD, Scene},
};

#[tokio::test]
async fn a_session_that_was_logged_out_gives_no_right() {
    let scene = Scene::new();
    let tokens = scene.register("ayu").await.tokens;
    let session = tokens.refresh.session;
    assert!(scene.sessions.is_live(session).await.unwrap());
    scene.sessions.log_out(session).await.unwrap();
    let checked = scene.sessions.check(tokens.access.as_str()).await;
    assert!(matches!(checked, Err(CheckError::SessionOver)), "{checked:?}");
    let refreshed = scene.sessions.refresh(&tokens.refresh.to_string()).await;
    assert!(matches!(refreshed, Err(RefreshError::Refused)), "{refreshed:?}");
    assert!(!scene.sessions.is_live(session).await.unwrap());
}

#[tokio::test]
async fn logging_out_again_changes_nothing() {
    let scene = Scene::new();
    let session = scene.register("ayu").await.tokens.refresh.session;
    scene.sessions.log_out(session).await.unwrap();
    scene.sessions.log_out(session).await.unwrap();
    scene.sessions.log_out(SessionId::new(scene.ids.next_id())).await.unwrap();
}

#[tokio::test]
async fn logging_out_on_one_device_leaves_the_others() {
    let scene = Scene::new();
    let phone = scene.register("ayu").await.tokens;
    let laptop = scene.log_in("ayu", PASSWORD).await.unwrap().tokens;
    scene.sessions.log_out(phone.refresh.session).await.unwrap();
    assert!(scene.accepts(&laptop).await);
}

#[tokio::test]
async fn a_session_that_could_not_be_ended_is_not_said_to_be_over() {
    let mut ports = Mocked::new();
    ports.store.expect_end().times(1).returning(|_, _| overloaded());
    let failed = ports.sessions().log_out(SessionId::new(ayu().id.as_uuid())).await;
    assert!(matches!(failed, Err(LogOutError::Port(_))));
}
