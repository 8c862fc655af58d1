//! `PrivacyStore` and `PresenceStore`.

use std::sync::Arc;

use kabar_chats::ports::Seen;
use kabar_kernel::{Timestamp, UserId};
use kabar_users::{Privacy, PrivacyChange};

use crate::{
    Stores,
    scene::{Scene, at_once, hash},
};

const NOTHING: PrivacyChange = PrivacyChange { receipts: None, typing: None, presence: None };

/// A new account shows everything; `change_privacy` changes what it names and nothing else, and answers
/// the whole.
pub async fn privacy_changes_what_is_named_and_nothing_else(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let everything = Privacy { receipts: true, typing: true, presence: true };
    assert_eq!(scene.privacy.privacy(ayu).await.unwrap(), Some(everything));
    let mut expected = everything;
    let some = Some;
    for (receipts, typing, presence) in [
        (None, some(false), None),
        (some(false), None, None),
        (None, None, None),
        (None, some(true), some(false)),
        (some(true), some(false), some(true)),
        (some(true), some(true), some(false)),
    ] {
        let change = PrivacyChange { receipts, typing, presence };
        expected.receipts = receipts.unwrap_or(expected.receipts);
        expected.typing = typing.unwrap_or(expected.typing);
        expected.presence = presence.unwrap_or(expected.presence);
        let changed = scene.privacy.change_privacy(ayu, change).await.unwrap();
        assert_eq!(changed, Some(expected));
        assert_eq!(scene.privacy.privacy(ayu).await.unwrap(), Some(expected));
    }
    assert_eq!(scene.privacy.privacy(budi).await.unwrap(), Some(everything), "somebody else's");
    let unknown = scene.id();
    assert_eq!(scene.privacy.privacy(unknown).await.unwrap(), None);
    assert_eq!(scene.privacy.change_privacy(unknown, NOTHING).await.unwrap(), None);
}

/// … in one step: two devices that change different things at the same time both have their way.
pub async fn changes_of_privacy_at_the_same_time_all_hold(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    for round in 0..20 {
        let shows = round % 2 == 1;
        let changes = [
            PrivacyChange { receipts: Some(shows), ..NOTHING },
            PrivacyChange { typing: Some(shows), ..NOTHING },
            PrivacyChange { presence: Some(shows), ..NOTHING },
        ];
        at_once(changes.map(|change| {
            let scene = Arc::clone(&scene);
            async move { scene.privacy.change_privacy(ayu, change).await.unwrap() }
        }))
        .await;
        let expected = Privacy { receipts: shows, typing: shows, presence: shows };
        assert_eq!(scene.privacy.privacy(ayu).await.unwrap(), Some(expected), "round {round}");
    }
}

async fn visible(scene: &Scene, watcher: UserId, users: &[UserId]) -> Vec<UserId> {
    let found = scene.presence.visible(watcher, users).await.unwrap();
    let mut found: Vec<UserId> = found.into_iter().map(|seen| seen.user).collect();
    found.sort_unstable();
    for user in users {
        let entitled = scene.presence.entitled(*user, &[watcher]).await.unwrap();
        let expected: &[UserId] = if found.contains(user) { &[watcher] } else { &[] };
        assert_eq!(entitled, expected, "who may be seen and who may see differ");
    }
    found
}

/// `visible` answers those who share a conversation with the watcher now, show their presence and are
/// active, each once, and the watcher themselves; `entitled` the same from the other side.
pub async fn presence_is_seen_by_those_who_share_a_conversation_now(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(6).await;
    let mut gone = scene.account("gone");
    gone.deactivated_at = Some(scene.now());
    scene.users.create(&gone, &hash("first")).await.unwrap();
    let me = people[0];
    let group = scene.group(people[1], &[me, people[2]]).await;
    scene.direct(me, people[2]).await;
    scene.direct(people[3], me).await;
    scene.direct(me, gone.id).await;
    scene.direct(people[2], people[4]).await;
    let asked =
        [people[5], people[2], people[4], people[1], people[3], people[2], me, gone.id, scene.id()];
    assert_eq!(visible(&scene, me, &asked).await, people[..4]);
    assert_eq!(visible(&scene, people[4], &asked).await, [people[2], people[4]]);
    assert_eq!(visible(&scene, people[5], &asked).await, [people[5]]);
    assert_eq!(visible(&scene, me, &[]).await, []);
    // Who left is seen no more, nor sees, unless another conversation is shared.
    scene.remove(group, me, people[1]).await;
    assert_eq!(visible(&scene, me, &asked).await, [me, people[2], people[3]]);
    assert_eq!(visible(&scene, people[1], &[me, people[2]]).await, [people[2]]);
    scene.add(group, &[me], people[1]).await;
    assert_eq!(visible(&scene, me, &asked).await, people[..4]);
    let hide = PrivacyChange { presence: Some(false), ..NOTHING };
    scene.privacy.change_privacy(people[2], hide).await.unwrap();
    scene.privacy.change_privacy(me, hide).await.unwrap();
    assert_eq!(visible(&scene, me, &asked).await, [me, people[1], people[3]]);
    assert_eq!(visible(&scene, people[1], &asked).await, [people[1]]);
    let other = PrivacyChange { receipts: Some(false), typing: Some(false), presence: None };
    scene.privacy.change_privacy(people[3], other).await.unwrap();
    assert_eq!(visible(&scene, me, &[people[3]]).await, [people[3]], "another wish");
    let mut entitled = scene.presence.entitled(people[1], &asked).await.unwrap();
    entitled.sort_unstable();
    entitled.dedup();
    assert_eq!(entitled, people[..3], "those who hide see all the same");
    assert_eq!(scene.presence.entitled(people[2], &people).await.unwrap(), [people[2]]);
}

/// `note` moves a moment forward only, whoever else does; nobody was ever seen before.
pub async fn last_seen_moves_forward_only(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    scene.group(people[0], &people[1..]).await;
    let seen = async || {
        let mut seen = scene.presence.visible(people[0], &people).await.unwrap();
        seen.sort_by_key(|seen| seen.user);
        assert_eq!(seen.iter().map(|seen| seen.user).collect::<Vec<_>>(), people);
        seen.into_iter().map(|Seen { at, .. }| at).collect::<Vec<_>>()
    };
    assert_eq!(seen().await, [None, None, None]);
    scene.presence.note(&[]).await.unwrap();
    let moment = |seconds: i64| Timestamp::from_millis(1_750_000_000_000 + seconds * 1000);
    scene.presence.note(&[(people[2], moment(20)), (people[0], moment(5))]).await.unwrap();
    assert_eq!(seen().await, [Some(moment(5)), None, Some(moment(20))]);
    scene.presence.note(&[(people[2], moment(19)), (people[0], moment(6))]).await.unwrap();
    assert_eq!(seen().await, [Some(moment(6)), None, Some(moment(20))]);
    at_once((0..30).map(|number| {
        let (scene, user) = (Arc::clone(&scene), people[1]);
        async move { scene.presence.note(&[(user, moment(number * 7 % 30))]).await.unwrap() }
    }))
    .await;
    assert_eq!(seen().await, [Some(moment(6)), Some(moment(29)), Some(moment(20))]);
    // Many at once, each in another order: nobody waits for the other.
    at_once((0..60).map(|number| {
        let scene = Arc::clone(&scene);
        let mut noted: Vec<_> =
            people.iter().zip(0..).map(|(user, nth)| (*user, moment(100 + number - nth))).collect();
        noted.rotate_left(usize::try_from(number % 3).unwrap());
        if number % 2 == 0 {
            noted.reverse();
        }
        async move { scene.presence.note(&noted).await.unwrap() }
    }))
    .await;
    assert_eq!(seen().await, [Some(moment(159)), Some(moment(158)), Some(moment(157))]);
}
