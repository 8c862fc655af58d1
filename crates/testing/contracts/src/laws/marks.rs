//! `InboxStore`: what is read and what is marked.

use std::sync::Arc;

use kabar_chats::Message;
use kabar_kernel::Pos;
use kabar_notifications::{Concern, NotificationId};

use super::inbox::{concerns, inbox};
use crate::{
    Stores,
    scene::{Scene, at_once},
};

/// A notification of a message is read once the user's cursor has reached it, or it was marked.
pub async fn a_notification_is_read_by_reading_or_by_marking(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (ayu, budi) = (people[0], people[1]);
    let group = scene.group(ayu, &people[1..]).await;
    let mut called = Vec::new();
    for number in 0..3 {
        called.push(match number {
            1 => scene.call_all(group, ayu).await,
            _ => scene.call(group, ayu, &[budi]).await,
        });
    }
    let read = async |user| -> Vec<bool> {
        inbox(&scene, user).await.iter().map(|item| item.read).collect()
    };
    assert_eq!(read(budi).await, [false, false, false, false]);
    scene.mark_delivered(group, budi, 3).await;
    assert_eq!(read(budi).await, [false, false, false, false], "received is not read");
    scene.mark_read(group, budi, called[1].seq.get()).await;
    assert_eq!(read(budi).await, [false, true, true, false]);
    let whole = inbox(&scene, budi).await;
    let mark = async |user, ids: &[NotificationId]| {
        let marked = scene.inbox.mark_read(user, ids, scene.now()).await.unwrap();
        assert_eq!(marked.unread, scene.inbox.unread(user).await.unwrap());
        (marked.unread, marked.changed)
    };
    assert_eq!(mark(budi, &[]).await, (2, false));
    assert_eq!(mark(budi, &[whole[0].id, whole[3].id]).await, (0, true));
    assert_eq!(read(budi).await, [true, true, true, true]);
    assert_eq!(mark(budi, &[whole[3].id, whole[0].id]).await, (0, false), "marked already");
    assert_eq!(read(people[2]).await, [false, false], "somebody else's");
    // A call of everybody is marked by each for themselves.
    let for_all = inbox(&scene, people[2]).await[0].id;
    assert_eq!(mark(people[2], &[for_all]).await, (1, true));
    assert_eq!(mark(people[2], &[for_all]).await, (1, false));
    let next = scene.call_all(group, ayu).await;
    let next = NotificationId { conversation: group, pos: next.pos };
    assert_eq!(mark(people[2], &[next, for_all]).await, (1, true));
    assert!(!read(budi).await[0], "another marked it");
    assert_eq!(concerns(&scene, people[2]).await.len(), 2);
}

/// Of devices that mark the same notifications at the same time one marks them, and none fails.
pub async fn of_devices_that_mark_at_once_one_changes_something(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let group = scene.group(ayu, &[budi]).await;
    scene.inbox.mark_all_read(budi, scene.now()).await.unwrap();
    for round in 0..20 {
        let messages = match round % 2 {
            0 => [scene.call(group, ayu, &[budi]).await, scene.call(group, ayu, &[budi]).await],
            _ => [scene.call_all(group, ayu).await, scene.call_all(group, ayu).await],
        };
        let ids = messages.map(|message| NotificationId { conversation: group, pos: message.pos });
        let changed = at_once((0..4).map(|device| {
            let (scene, mut ids) = (Arc::clone(&scene), ids);
            if device % 2 == 0 {
                ids.reverse();
            }
            async move {
                let marked = match device {
                    3 => scene.inbox.mark_all_read(budi, scene.now()).await,
                    _ => scene.inbox.mark_read(budi, &ids, scene.now()).await,
                };
                marked.unwrap().changed
            }
        }))
        .await;
        let changed = changed.iter().filter(|changed| **changed).count();
        assert_eq!(changed, 1, "round {round}");
        assert_eq!(scene.inbox.unread(budi).await.unwrap(), 0);
    }
}

/// Marking what the inbox does not hold changes nothing; nor does marking a direct conversation, which
/// is read by reading it.
pub async fn marking_what_the_inbox_does_not_hold_changes_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let (ayu, budi) = (people[0], people[1]);
    let group = scene.group(ayu, &people[1..3]).await;
    let plain = scene.say(group, ayu).await;
    let called = scene.call(group, ayu, &[people[2]]).await;
    let everybody = scene.call_all(group, ayu).await;
    let direct = scene.direct(ayu, budi).await;
    let waiting = scene.say(direct, ayu).await;
    let id =
        |message: &Message| NotificationId { conversation: message.conversation, pos: message.pos };
    let before = inbox(&scene, budi).await;
    let nothing = [
        id(&plain),
        id(&called),
        id(&waiting),
        NotificationId { conversation: group, pos: Pos::new(1) },
        NotificationId { conversation: group, pos: Pos::new(99) },
        NotificationId { conversation: scene.id(), pos: Pos::new(1) },
    ];
    let marked = scene.inbox.mark_read(budi, &nothing, scene.now()).await.unwrap();
    assert_eq!((marked.unread, marked.changed), (3, false));
    assert_eq!(inbox(&scene, budi).await, before);
    for stranger in [people[3], ayu, scene.id()] {
        let marked = scene.inbox.mark_read(stranger, &[id(&everybody)], scene.now()).await.unwrap();
        assert_eq!((marked.unread, marked.changed), (0, false));
    }
    scene.add(group, &[people[3]], ayu).await;
    let marked = scene.inbox.mark_read(people[3], &[id(&everybody)], scene.now()).await.unwrap();
    assert_eq!((marked.unread, marked.changed), (1, false), "from before they came");
    assert_eq!(inbox(&scene, budi).await, before);
}

/// Marking all marks what the inbox holds now, but for direct conversations, and for nobody else.
pub async fn marking_all_leaves_direct_conversations_and_what_comes(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (ayu, budi) = (people[0], people[1]);
    let group = scene.group(ayu, &people[1..]).await;
    let said = scene.say(group, budi).await;
    scene.call(group, ayu, &[budi]).await;
    scene.answer(&said, ayu).await;
    scene.call_all(group, ayu).await;
    let direct = scene.direct(ayu, budi).await;
    scene.say(direct, ayu).await;
    let others = inbox(&scene, people[2]).await;
    assert_eq!(scene.inbox.unread(budi).await.unwrap(), 5);
    for changed in [true, false] {
        let marked = scene.inbox.mark_all_read(budi, scene.now()).await.unwrap();
        assert_eq!((marked.unread, marked.changed), (1, changed));
    }
    let whole = inbox(&scene, budi).await;
    assert_eq!(whole.len(), 5);
    assert!(whole.iter().all(|item| item.read == (item.concern != Concern::Message)));
    assert_eq!(inbox(&scene, people[2]).await, others);
    scene.call_all(group, ayu).await;
    assert_eq!(scene.inbox.unread(budi).await.unwrap(), 2);
    assert_eq!(scene.state(group, budi).await.unwrap().read_seq.get(), 0, "no cursor moved");
    let marked = scene.inbox.mark_all_read(scene.id(), scene.now()).await.unwrap();
    assert_eq!((marked.unread, marked.changed), (0, false));
}
