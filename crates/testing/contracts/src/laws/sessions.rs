//! `SessionStore`.

use std::{sync::Arc, time::Duration};

use kabar_kernel::{SessionId, Timestamp, UserId};
use kabar_users::{
    SecretDigest, Session,
    ports::{RotateRequest, Rotation},
};

use crate::{
    Stores,
    scene::{Scene, at_once},
};

const GRACE: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(30 * 24 * 3600);
const ABSOLUTE: Duration = Duration::from_secs(90 * 24 * 3600);

fn digest(number: u8) -> SecretDigest {
    SecretDigest::new([number; 32])
}

/// A session whose current secret is number 1, made at the moment it tells.
async fn log_in(scene: &Scene, user: UserId) -> Session {
    let now = scene.now();
    let session = Session {
        id: scene.id(),
        user,
        created_at: now,
        idle_until: now.after(IDLE),
        expires_at: now.after(ABSOLUTE),
        ended_at: None,
    };
    scene.sessions.create(&session, &digest(1)).await.unwrap();
    session
}

/// Presents one secret, to be followed by another, at a moment.
async fn rotate(
    scene: &Scene,
    session: SessionId,
    presented: u8,
    successor: u8,
    now: Timestamp,
) -> Rotation {
    let request = RotateRequest {
        session,
        presented: digest(presented),
        successor: digest(successor),
        now,
        grace: GRACE,
        idle: IDLE,
    };
    scene.sessions.rotate(request).await.unwrap()
}

async fn stored(scene: &Scene, session: SessionId) -> Session {
    scene.sessions.by_id(session).await.unwrap().expect("the session exists")
}

/// `create` then `by_id` answers the session.
pub async fn a_session_reads_back_as_it_was_created(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let (phone, laptop) = (log_in(&scene, ayu).await, log_in(&scene, ayu).await);
    assert_eq!(stored(&scene, phone.id).await, phone);
    assert_eq!(stored(&scene, laptop.id).await, laptop);
    assert_eq!(scene.sessions.by_id(scene.id()).await.unwrap(), None);
}

/// Of any number of concurrent `rotate` with the current secret exactly one is `Rotated`, the
/// others are `Repeated` while they are within the grace.
pub async fn of_concurrent_rotations_one_rotates_and_the_others_repeat(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let now = session.created_at.after(GRACE);
    let outcomes = at_once((0..50).map(|_| {
        let scene = Arc::clone(&scene);
        async move { rotate(&scene, session.id, 1, 2, now).await }
    }))
    .await;
    let rotated = outcomes.iter().filter(|o| matches!(o, Rotation::Rotated(_))).count();
    let repeated = outcomes.iter().filter(|o| matches!(o, Rotation::Repeated(_))).count();
    assert_eq!((rotated, repeated), (1, 49), "{outcomes:?}");
    assert!(matches!(rotate(&scene, session.id, 2, 3, now).await, Rotation::Rotated(_)));
}

/// A rotation answers the prolonged session, and its successor is the current secret.
pub async fn a_rotation_prolongs_the_session_and_its_successor_rotates_next(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let mut now = session.created_at;
    for secret in 1..6 {
        now = now.after(Duration::from_secs(3600));
        let expected = Session { idle_until: now.after(IDLE), ..session.clone() };
        let outcome = rotate(&scene, session.id, secret, secret + 1, now).await;
        assert_eq!(outcome, Rotation::Rotated(expected.clone()), "secret {secret}");
        assert_eq!(stored(&scene, session.id).await, expected);
    }
}

/// The immediate predecessor within the grace is `Repeated`: nothing changed.
pub async fn the_predecessor_within_the_grace_changes_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let now = session.created_at.after(Duration::from_secs(60));
    rotate(&scene, session.id, 1, 2, now).await;
    let before = stored(&scene, session.id).await;
    let soon = now.after(GRACE / 2);
    for _ in 0..3 {
        assert_eq!(
            rotate(&scene, session.id, 1, 2, soon).await,
            Rotation::Repeated(before.clone())
        );
    }
    assert_eq!(stored(&scene, session.id).await, before);
    // The grace began at the rotation; a repetition does not begin it anew.
    let late = now.after(GRACE + Duration::from_secs(1));
    assert!(matches!(rotate(&scene, session.id, 1, 2, late).await, Rotation::Reused(_)));
}

/// `rotate` with the predecessor after the grace is `Reused`, the session is over afterwards, and
/// the feed hears it.
pub async fn the_predecessor_after_the_grace_ends_the_session(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let now = session.created_at.after(Duration::from_secs(60));
    rotate(&scene, session.id, 1, 2, now).await;
    let late = now.after(GRACE + Duration::from_secs(1));
    let Rotation::Reused(ended) = rotate(&scene, session.id, 1, 2, late).await else {
        panic!("a stolen secret was not noticed");
    };
    assert_eq!((ended.id, ended.user), (session.id, ayu));
    assert!(!ended.is_live(late));
    assert!(!stored(&scene, session.id).await.is_live(late));
    let current = rotate(&scene, session.id, 2, 3, late).await;
    assert_eq!(current, Rotation::Refused, "the thief and the robbed are both out");
    scene.heard.until("the end", |heard| heard.ended.contains(&(ayu, session.id))).await;
}

/// `rotate` with a secret that the session never had is `Unknown`, with the digest of the current
/// one, and changes nothing: whoever guesses must not be able to end a session.
pub async fn an_unknown_secret_changes_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let now = session.created_at.after(Duration::from_secs(60));
    let unknown = Rotation::Unknown { session: session.clone(), current: digest(1) };
    assert_eq!(rotate(&scene, session.id, 9, 10, now).await, unknown);
    assert_eq!(stored(&scene, session.id).await, session);
    assert!(matches!(rotate(&scene, session.id, 1, 2, now).await, Rotation::Rotated(_)));
    // Neither the guess nor what was to follow it has become a secret of the session.
    let unknown =
        Rotation::Unknown { session: stored(&scene, session.id).await, current: digest(2) };
    for guess in [9, 10] {
        assert_eq!(rotate(&scene, session.id, guess, 11, now).await, unknown, "secret {guess}");
    }
    assert!(stored(&scene, session.id).await.is_live(now));
}

/// A secret older than the predecessor is `Unknown`, within the grace too, and changes nothing.
pub async fn a_secret_older_than_the_predecessor_is_unknown_and_changes_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let now = session.created_at.after(Duration::from_secs(60));
    rotate(&scene, session.id, 1, 2, now).await;
    rotate(&scene, session.id, 2, 3, now).await;
    let before = stored(&scene, session.id).await;
    for moment in [now, now.after(GRACE * 2)] {
        let unknown = Rotation::Unknown { session: before.clone(), current: digest(3) };
        assert_eq!(rotate(&scene, session.id, 1, 2, moment).await, unknown);
        assert_eq!(stored(&scene, session.id).await, before);
    }
    assert!(matches!(rotate(&scene, session.id, 3, 4, now).await, Rotation::Rotated(_)));
}

/// A predecessor that comes back after the grace while the current secret is exchanged is noticed,
/// on whichever side of the exchange it is seen.
pub async fn a_reuse_that_races_a_rotation_is_noticed(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    for _ in 0..20 {
        let session = log_in(&scene, ayu).await;
        let now = session.created_at.after(Duration::from_secs(60));
        rotate(&scene, session.id, 1, 2, now).await;
        let late = now.after(GRACE * 2);
        let outcomes =
            at_once([1, 2].map(|presented| {
                let scene = Arc::clone(&scene);
                async move {
                    (presented, rotate(&scene, session.id, presented, presented + 1, late).await)
                }
            }))
            .await;
        let reuse = outcomes.iter().find(|(presented, _)| *presented == 1).map(|(_, came)| came);
        match reuse {
            Some(Rotation::Reused(_)) => assert!(!stored(&scene, session.id).await.is_live(late)),
            Some(Rotation::Unknown { current, .. }) => assert_eq!(*current, digest(3)),
            missed => panic!("the session lives on: {missed:?}"),
        }
    }
}

/// A session that was ended, lay idle too long or reached its last moment is over: `Refused`.
pub async fn a_session_that_is_over_rotates_no_more(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;

    let ended = log_in(&scene, ayu).await;
    let now = ended.created_at.after(Duration::from_secs(1));
    rotate(&scene, ended.id, 1, 2, now).await;
    assert!(scene.sessions.end(ended.id, now).await.unwrap());
    for presented in [2, 1, 9] {
        let outcome = rotate(&scene, ended.id, presented, 3, now).await;
        assert_eq!(outcome, Rotation::Refused, "ended, secret {presented}");
    }

    let idle = log_in(&scene, ayu).await;
    for presented in [1, 9] {
        let outcome = rotate(&scene, idle.id, presented, 2, idle.idle_until).await;
        assert_eq!(outcome, Rotation::Refused, "idle too long, secret {presented}");
    }

    let old = log_in(&scene, ayu).await;
    let (mut now, mut secret) = (old.created_at, 1);
    while now.after(IDLE / 2) < old.expires_at {
        now = now.after(IDLE / 2);
        let outcome = rotate(&scene, old.id, secret, secret + 1, now).await;
        assert!(matches!(outcome, Rotation::Rotated(_)));
        secret += 1;
    }
    let outcome = rotate(&scene, old.id, secret, secret + 1, old.expires_at).await;
    assert_eq!(outcome, Rotation::Refused, "past its last moment, however lively it was");
}

/// No such session: `Refused`, and there is nothing to end.
pub async fn an_unknown_session_is_refused_and_not_ended(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let unknown = scene.id();
    assert_eq!(rotate(&scene, unknown, 1, 2, session.created_at).await, Rotation::Refused);
    assert!(!scene.sessions.end(unknown, session.created_at).await.unwrap());
    assert_eq!(stored(&scene, session.id).await, session);
}

/// `end` answers whether this call ended the session; the session is never live again.
pub async fn of_concurrent_ends_one_ends_the_session(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    let now = scene.now();
    let outcomes = at_once((0..20).map(|_| {
        let scene = Arc::clone(&scene);
        async move { scene.sessions.end(session.id, now).await.unwrap() }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|ended| **ended).count(), 1);
    let ended = stored(&scene, session.id).await;
    assert_eq!(ended.ended_at, Some(now));
    assert!(!ended.is_live(now));
    assert!(!scene.sessions.end(session.id, now.after(GRACE)).await.unwrap());
    assert_eq!(stored(&scene, session.id).await, ended, "its end was moved");

    let expired = log_in(&scene, ayu).await;
    assert!(!scene.sessions.end(expired.id, expired.expires_at).await.unwrap(), "over already");
}

/// An ended session reaches the session feed after its commit.
pub async fn an_ended_session_reaches_the_feed(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let session = log_in(&scene, ayu).await;
    assert!(scene.sessions.end(session.id, scene.now()).await.unwrap());
    scene.heard.until("the end", |heard| heard.ended.contains(&(ayu, session.id))).await;
}

/// The end of one session is not the end of another of the same user, nor of another user.
pub async fn ending_one_session_leaves_the_others(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let phone = log_in(&scene, ayu).await;
    let others = [log_in(&scene, ayu).await, log_in(&scene, budi).await];
    let now = scene.now();
    scene.sessions.end(phone.id, now).await.unwrap();
    for other in others {
        assert_eq!(stored(&scene, other.id).await, other);
        assert!(matches!(rotate(&scene, other.id, 1, 2, now).await, Rotation::Rotated(_)));
    }
    let heard = scene.heard.until("the end", |heard| !heard.ended.is_empty()).await;
    assert_eq!(heard.ended, [(ayu, phone.id)]);
}
