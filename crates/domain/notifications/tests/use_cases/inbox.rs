use kabar_chats::{MessageBody, OnMessage};
use kabar_kernel::{Clock, Role, Seq, Timestamp};
use kabar_notifications::{
    About, Concern, InboxCursor, Level, Notification, Notifications, Preferences, Quoted,
    ports::Marked,
};

use crate::{
    fixed::FixedClock,
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, Told, of, page},
};

fn concerns(inbox: &[Notification]) -> Vec<Concern> {
    inbox.iter().map(|notification| notification.concern).collect()
}

#[tokio::test]
async fn what_concerns_a_user_is_listed_latest_first() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    let mine = scene.say(group, budi, "Siapa mau kopi?").await;
    scene.say(group, ayu, "Nobody is called by this").await;
    scene.say(group, ayu, "@budi, aku").await;
    scene.say(group, ayu, "@all, kopi!").await;
    scene.answer(group, ayu, "Aku", Some(mine.id)).await;
    scene.give_role(group, budi, Role::Admin, ayu).await;
    let inbox = scene.inbox(budi).await;
    assert_eq!(
        concerns(&inbox),
        [
            Concern::RoleChanged,
            Concern::Reply,
            Concern::MentionAll,
            Concern::Mention,
            Concern::Joined
        ]
    );
    assert!(inbox.iter().all(|notification| notification.by == ayu && !notification.read));
    assert_eq!(inbox[0].about, About::Membership { role: Role::Admin });
    assert_eq!(inbox[4].about, About::Membership { role: Role::Member });
    assert_eq!(scene.notifications.unread(budi).await.unwrap(), 5);
    assert!(scene.inbox(ayu).await.is_empty(), "nobody is told what they did themselves");
}

#[tokio::test]
async fn of_a_direct_conversation_the_last_unread_message_is_listed_once() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say(conversation, ayu, "Budi?").await;
    let last = scene.say(conversation, ayu, "@budi, halo!").await;
    let expected = [Notification {
        id: of(&last),
        concern: Concern::Message,
        by: ayu,
        at: last.created_at,
        about: About::Message {
            message: Quoted { id: last.id, seq: Seq::new(2), excerpt: "@budi, halo!".to_owned() },
            unread: 2,
        },
        read: false,
    }];
    assert_eq!(scene.inbox(budi).await, expected);
    // Marking leaves it: it is read by reading the conversation.
    scene.notifications.mark_all_read(budi).await.unwrap();
    assert_eq!(scene.inbox(budi).await, expected);
    scene.chats.mark_read(conversation, budi, last.seq).await.unwrap();
    let unread = scene.notifications.inbox(budi, None, true, page(10)).await.unwrap();
    assert!(unread.items.is_empty(), "{unread:?}");
}

#[tokio::test]
async fn a_page_goes_on_after_the_last_notification_of_the_one_before() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(of(&scene.say(group, ayu, "@budi").await));
    }
    let first = scene.notifications.inbox(budi, None, false, page(2)).await.unwrap();
    let ids: Vec<_> = first.items.iter().map(|notification| notification.id).collect();
    assert_eq!((ids, first.has_more), (vec![said[2], said[1]], true));
    let last = &first.items[1];
    let after = InboxCursor { at: last.at, id: last.id };
    let rest = scene.notifications.inbox(budi, Some(after), false, page(2)).await.unwrap();
    assert_eq!(concerns(&rest.items), [Concern::Mention, Concern::Joined]);
    assert!(!rest.has_more);
}

#[tokio::test]
async fn what_is_marked_is_read_and_one_s_devices_are_told() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    let said = scene.say(group, ayu, "@budi").await;
    let ids = vec![of(&said)];
    assert_eq!(scene.notifications.mark_read(budi, ids.clone()).await.unwrap(), 1);
    assert_eq!(scene.heard.take(), [Told::Marked(budi, ids.clone(), 1)]);
    let unread = scene.notifications.inbox(budi, None, true, page(10)).await.unwrap();
    assert_eq!(concerns(&unread.items), [Concern::Joined]);
    // Again it changes nothing, and there is nothing to tell.
    assert_eq!(scene.notifications.mark_read(budi, ids).await.unwrap(), 1);
    assert_eq!(scene.heard.take(), []);
}

#[tokio::test]
async fn all_are_marked_at_once() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    scene.say(group, ayu, "@budi @all").await;
    assert_eq!(scene.notifications.mark_all_read(budi).await.unwrap(), 0);
    assert_eq!(scene.heard.take(), [Told::Marked(budi, vec![], 0)], "no name stands for all");
    assert!(scene.inbox(budi).await.iter().all(|notification| notification.read));
    assert_eq!(scene.notifications.mark_all_read(budi).await.unwrap(), 0);
    assert_eq!(scene.heard.take(), []);
}

#[tokio::test]
async fn marking_nothing_is_not_marking_all() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    scene.say(group, ayu, "@budi").await;
    assert_eq!(scene.notifications.mark_read(budi, vec![]).await.unwrap(), 2);
    assert_eq!(scene.heard.take(), []);
}

#[tokio::test]
async fn nobody_marks_the_notification_of_another() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    let said = scene.say(group, ayu, "@budi").await;
    let eve = scene.user("eve").await;
    for other in [ayu, eve] {
        assert_eq!(scene.notifications.mark_read(other, vec![of(&said)]).await.unwrap(), 0);
    }
    assert_eq!(scene.heard.take(), []);
    assert_eq!(scene.notifications.unread(budi).await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_deleted_or_edited_away_concerns_nobody() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    scene.notifications.mark_all_read(budi).await.unwrap();
    let deleted = scene.say(group, ayu, "@budi, rahasia").await;
    let edited = scene.say(group, ayu, "@budi, kopi?").await;
    assert_eq!(scene.notifications.unread(budi).await.unwrap(), 2);
    scene.delete(&deleted).await;
    let on = OnMessage { conversation: group, actor: ayu, message: edited.id };
    let text = MessageBody::parse("Kopi?".to_owned()).unwrap();
    scene.chats.edit(on, text).await.unwrap();
    assert_eq!(concerns(&scene.inbox(budi).await), [Concern::Joined]);
    assert_eq!(scene.notifications.unread(budi).await.unwrap(), 0);
}

#[tokio::test]
async fn what_the_user_wants_to_know_nothing_of_is_not_in_the_inbox() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    scene.say(group, ayu, "@budi").await;
    let nothing = Preferences { level: Some(Level::None), muted_until: None };
    scene.notifications.set_preferences(group, budi, nothing).await.unwrap();
    assert!(scene.inbox(budi).await.is_empty());
    assert_eq!(scene.notifications.unread(budi).await.unwrap(), 0);
    // A mute silences, and the inbox still keeps it.
    let mute = Preferences { level: None, muted_until: Some(Timestamp::from_millis(i64::MAX)) };
    scene.notifications.set_preferences(group, budi, mute).await.unwrap();
    assert_eq!(scene.notifications.unread(budi).await.unwrap(), 2);
}

#[tokio::test]
async fn a_membership_ends_with_all_that_concerned_it() {
    let scene = Scene::new();
    let (group, ayu, budi) = scene.group().await;
    scene.say(group, ayu, "@budi @all").await;
    scene.remove(group, budi, ayu).await;
    assert!(scene.inbox(budi).await.is_empty());
    scene.add(group, budi, ayu).await;
    assert_eq!(concerns(&scene.inbox(budi).await), [Concern::Joined]);
}

#[tokio::test]
async fn the_devices_are_told_of_what_changed_only() {
    let (conversation, user) = some_ids();
    let id = "0190a0a0-0000-7000-8000-00000000abcd:7".parse().unwrap();
    for (changed, told) in [(true, 1), (false, 0)] {
        let mut ports = Mocked::new();
        let now = FixedClock::new().now();
        let marked = Marked { unread: 3, changed };
        ports
            .inbox
            .expect_mark_read()
            .withf(move |by, ids, at| (*by, ids, *at) == (user, &[id][..], now))
            .times(1)
            .returning(move |_, _, _| Ok(marked));
        ports
            .inbox
            .expect_mark_all_read()
            .withf(move |by, at| (*by, *at) == (user, now))
            .times(1)
            .returning(move |_, _| Ok(marked));
        ports.feed.expect_marked().times(told * 2).return_const(());
        let notifications = ports.notifications();
        assert_eq!(notifications.mark_read(user, vec![id]).await.unwrap(), 3);
        assert_eq!(notifications.mark_all_read(user).await.unwrap(), 3);
    }
    assert_eq!(Notifications::MAX_MARKED, 100, "what the store takes at once, {conversation}");
}

#[tokio::test]
async fn a_store_that_fails_is_no_empty_inbox_and_tells_nobody() {
    let mut ports = Mocked::new();
    ports.inbox.expect_list().times(1).returning(|_, _, _, _| overloaded());
    ports.inbox.expect_unread().times(1).returning(|_| overloaded());
    ports.inbox.expect_mark_read().times(1).returning(|_, _, _| overloaded());
    ports.inbox.expect_mark_all_read().times(1).returning(|_, _| overloaded());
    let (notifications, (_, user)) = (ports.notifications(), some_ids());
    assert!(notifications.inbox(user, None, false, page(10)).await.is_err());
    assert!(notifications.unread(user).await.is_err());
    assert!(notifications.mark_read(user, vec![]).await.is_err());
    assert!(notifications.mark_all_read(user).await.is_err());
}
