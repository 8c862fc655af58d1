use std::time::Duration;

use kabar_chats::{ChangeMessageError, Event, Pin, ReadLogError};
use kabar_kernel::{Clock, ConversationId, IdSource, Role};

use crate::{
    mocked::{Mocked, knowing, overloaded, some_message},
    scene::{Scene, on, page},
};

#[tokio::test]
async fn the_last_pinned_message_is_listed_first() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say_times(3, conversation, ayu).await;
    for (index, by) in [(2, ayu), (0, budi)] {
        scene.clock.advance(Duration::from_secs(1));
        scene.chats.pin(on(&said[index], by)).await.unwrap();
    }
    let now = scene.clock.now();
    let expected = [
        Pin { message: said[0].clone(), by: budi, at: now },
        Pin { message: said[2].clone(), by: ayu, at: now.before(Duration::from_secs(1)) },
    ];
    assert_eq!(scene.chats.pins(conversation, budi).await.unwrap(), expected);
}

#[tokio::test]
async fn what_is_pinned_stays_so_and_what_is_not_as_well() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.chats.unpin(on(&said, ayu)).await.unwrap();
    assert_eq!(scene.head(conversation, ayu).await, said.pos);
    for by in [ayu, budi] {
        scene.chats.pin(on(&said, by)).await.unwrap();
    }
    let pins = scene.chats.pins(conversation, ayu).await.unwrap();
    assert_eq!((pins.len(), pins[0].by), (1, ayu));
    for by in [budi, ayu] {
        scene.chats.unpin(on(&said, by)).await.unwrap();
    }
    assert!(scene.chats.pins(conversation, ayu).await.unwrap().is_empty());
    let log = scene.chats.entries(conversation, ayu, said.pos, page(10)).await.unwrap().items;
    let by: Vec<_> = log.iter().map(|entry| entry.by).collect();
    assert_eq!(by, [ayu, budi], "two changes, two entries");
    assert!(matches!(log[0].event, Event::MessagePinned(pinned) if pinned.id == said.id));
    assert!(matches!(log[1].event, Event::MessageUnpinned(pinned) if pinned.id == said.id));
}

#[tokio::test]
async fn a_group_s_moderators_and_above_pin() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let said = scene.say(warung.group, warung.member).await;
    for (role, user) in warung.all() {
        for change in
            [scene.chats.pin(on(&said, user)).await, scene.chats.unpin(on(&said, user)).await]
        {
            if role >= Role::Moderator {
                assert!(change.is_ok(), "{role}: {change:?}");
            } else {
                assert!(matches!(change, Err(ChangeMessageError::Forbidden)), "{change:?}");
            }
        }
    }
}

#[tokio::test]
async fn so_many_messages_are_pinned_and_no_more() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say_times(101, conversation, ayu).await;
    for message in &said[..100] {
        scene.chats.pin(on(message, ayu)).await.unwrap();
    }
    let head = scene.head(conversation, ayu).await;
    let refused = scene.chats.pin(on(&said[100], budi)).await;
    assert!(matches!(refused, Err(ChangeMessageError::TooManyPins)), "{refused:?}");
    scene.chats.pin(on(&said[0], budi)).await.unwrap();
    assert_eq!(scene.head(conversation, ayu).await, head, "nothing was pinned");
    assert_eq!(scene.chats.pins(conversation, ayu).await.unwrap().len(), 100);
    scene.chats.unpin(on(&said[7], budi)).await.unwrap();
    scene.chats.pin(on(&said[100], budi)).await.unwrap();
    assert_eq!(scene.chats.pins(conversation, ayu).await.unwrap()[0].message.id, said[100].id);
}

#[tokio::test]
async fn a_deleted_message_is_not_pinned() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    let refused = scene.chats.pin(on(&said, budi)).await;
    assert!(matches!(refused, Err(ChangeMessageError::Deleted)), "{refused:?}");
    scene.chats.unpin(on(&said, budi)).await.unwrap();
    assert!(scene.chats.pins(conversation, budi).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_found() {
    let scene = Scene::new();
    for on in scene.out_of_reach().await {
        for refused in [scene.chats.pin(on).await, scene.chats.unpin(on).await] {
            assert!(matches!(refused, Err(ChangeMessageError::MessageNotFound)), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn whoever_is_not_a_member_reads_no_pins() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, reader) in [(conversation, eve), (nowhere, ayu)] {
        let refused = scene.chats.pins(conversation, reader).await;
        assert!(matches!(refused, Err(ReadLogError::ConversationNotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_message() {
    let (message, on) = some_message();
    let mut uncounted = knowing(&message, Role::Moderator);
    uncounted.expect_pin_count().times(1).returning(overloaded);
    let mut unpinned = knowing(&message, Role::Moderator);
    unpinned.expect_pin_count().times(1).returning(|| Ok(0));
    unpinned.expect_pin().times(1).returning(|_, _, _| overloaded());
    let mut uncommitted = knowing(&message, Role::Moderator);
    uncommitted.expect_pin_count().times(1).returning(|| Ok(99));
    uncommitted.expect_pin().times(1).returning(|_, _, _| Ok(true));
    uncommitted.expect_commit().times(1).returning(overloaded);
    for tx in [uncounted, unpinned, uncommitted] {
        let mut ports = Mocked::new();
        ports.begin(tx);
        let failed = ports.chats().pin(on).await;
        assert!(matches!(failed, Err(ChangeMessageError::Port(_))), "{failed:?}");
    }
    let mut ports = Mocked::new();
    let mut tx = knowing(&message, Role::Moderator);
    tx.expect_pin().withf(|_, pinned, _| !pinned).times(1).returning(|_, _, _| overloaded());
    ports.begin(tx);
    assert!(matches!(ports.chats().unpin(on).await, Err(ChangeMessageError::Port(_))));

    let mut ports = Mocked::new();
    ports.log.expect_pins().times(1).returning(|_, _| overloaded());
    let failed = ports.chats().pins(on.conversation, on.actor).await;
    assert!(matches!(failed, Err(ReadLogError::Port(_))));
}
