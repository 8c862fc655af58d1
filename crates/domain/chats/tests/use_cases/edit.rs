use std::time::Duration;

use kabar_chats::{
    ChangeMessageError, ChatLimits, Event, Mentions, OnMessage, ports::MockMessageTx,
};
use kabar_kernel::{Clock, Pos, Role};

use crate::{
    fixed::FixedClock,
    mocked::{Mocked, knowing, overloaded, some_message},
    scene::{Scene, body, on, page},
};

#[tokio::test]
async fn an_edited_message_says_the_new_text_in_its_old_place() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.clock.advance(Duration::from_secs(1));
    let edited = scene.chats.edit(on(&said, ayu), body("Kabar baik")).await.unwrap();
    assert_eq!(edited.body, body("Kabar baik"));
    assert_eq!(edited.edited_at, Some(scene.clock.now()));
    assert_eq!((edited.id, edited.seq, edited.pos), (said.id, said.seq, said.pos));
    assert_eq!(edited.created_at, said.created_at);
    assert_eq!(scene.read(&said, budi).await, edited);
    let log = scene.chats.entries(conversation, budi, Pos::ZERO, page(10)).await.unwrap().items;
    let Event::MessageEdited { message, newly } = &log[1].event else { panic!("{log:?}") };
    assert_eq!((&message.body, newly), (&edited.body, &Mentions::NONE));
    let Event::MessagePosted(posted) = &log[0].event else { panic!("{log:?}") };
    assert_eq!(posted.body, edited.body, "what it said before is found nowhere");
}

#[tokio::test]
async fn an_edit_calls_whom_the_new_text_calls_and_nobody_else() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let said = scene.say_text(warung.group, warung.moderator, "@budi, makan?").await;
    let edit = on(&said, warung.moderator);
    let edited = scene.chats.edit(edit, body("@dewi @all, makan?")).await.unwrap();
    assert_eq!(edited.mentions, Mentions { users: vec![warung.member], all: true });
    let edited = scene.chats.edit(edit, body("Makan?")).await.unwrap();
    assert_eq!(edited.mentions, Mentions::NONE);
}

#[tokio::test]
async fn the_text_it_has_already_changes_nothing() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let edited = scene.chats.edit(on(&said, ayu), said.body.clone()).await.unwrap();
    assert_eq!(edited, said);
    assert_eq!(scene.head(conversation, ayu).await, said.pos);
}

#[tokio::test]
async fn a_message_is_edited_until_its_window_is_over() {
    let window = Duration::from_secs(60);
    let scene = Scene::with_limits(ChatLimits { edit_window: window, ..ChatLimits::default() });
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.clock.advance(window);
    scene.chats.edit(on(&said, ayu), body("Just in time")).await.unwrap();
    scene.clock.advance(Duration::from_millis(1));
    // The window is that of the posting: an edit opens no other.
    let refused = scene.chats.edit(on(&said, ayu), body("Too late")).await;
    assert!(matches!(refused, Err(ChangeMessageError::TooLate)), "{refused:?}");
    assert_eq!(scene.read(&said, ayu).await.body, body("Just in time"));
}

#[tokio::test]
async fn nobody_edits_the_message_of_another_whatever_their_role() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let said = scene.say(warung.group, warung.member).await;
    for user in [warung.owner, warung.admin, warung.moderator] {
        let refused = scene.chats.edit(on(&said, user), body("Mine now")).await;
        assert!(matches!(refused, Err(ChangeMessageError::Forbidden)), "{refused:?}");
    }
    assert_eq!(scene.read(&said, warung.member).await, said);
}

#[tokio::test]
async fn neither_a_deleted_nor_a_forwarded_message_is_edited() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let forwarded = scene.forward(&said, conversation, ayu).await;
    let refused = scene.chats.edit(on(&forwarded, ayu), body("My words")).await;
    assert!(matches!(refused, Err(ChangeMessageError::Forwarded)), "{refused:?}");
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    let refused = scene.chats.edit(on(&said, ayu), body("Back again")).await;
    assert!(matches!(refused, Err(ChangeMessageError::Deleted)), "{refused:?}");
    assert_eq!(scene.read(&said, ayu).await.body.as_str(), "");
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_found() {
    let scene = Scene::new();
    for on in scene.out_of_reach().await {
        let refused = scene.chats.edit(on, body("Anything")).await;
        assert!(matches!(refused, Err(ChangeMessageError::MessageNotFound)), "{on:?} {refused:?}");
    }
}

#[tokio::test]
async fn whoever_lost_the_right_meanwhile_calls_everybody_no_more() {
    let mut ports = Mocked::new();
    let (message, on) = some_message();
    ports.admit_as(Role::Moderator);
    let mut tx = knowing(&message, Role::Member);
    tx.expect_edit()
        .withf(|_, _, mentions, _| *mentions == Mentions::NONE)
        .times(1)
        .returning(|_, _, _, _| Ok(()));
    tx.expect_commit().times(1).returning(|| Ok(()));
    ports.begin(tx);
    ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(message)));
    assert!(ports.chats().edit(on, body("@all")).await.is_ok());
}

#[tokio::test]
async fn a_message_is_changed_at_the_moment_it_is_now() {
    let mut ports = Mocked::new();
    let (message, on) = some_message();
    ports.admit();
    let mut tx = knowing(&message, Role::Member);
    let now = FixedClock::new().now();
    tx.expect_edit()
        .withf(move |seq, text, _, at| seq.get() == 1 && *text == body("New") && *at == now)
        .times(1)
        .returning(|_, _, _, _| Ok(()));
    tx.expect_commit().times(1).returning(overloaded);
    ports.begin(tx);
    let failed = ports.chats().edit(on, body("New")).await;
    assert!(matches!(failed, Err(ChangeMessageError::Port(_))));
}

async fn fails(ports: Mocked, on: OnMessage) {
    let failed = ports.chats().edit(on, body("@budi")).await;
    assert!(matches!(failed, Err(ChangeMessageError::Port(_))), "{failed:?}");
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_message() {
    let (message, on) = some_message();

    let mut ports = Mocked::new();
    ports.roster.expect_standing().times(1).returning(|_, _| overloaded());
    fails(ports, on).await;

    let mut ports = Mocked::new();
    ports.admit();
    ports.roster.expect_named().times(1).returning(|_, _| overloaded());
    fails(ports, on).await;

    let named = || {
        let mut ports = Mocked::new();
        ports.admit();
        ports.roster.expect_named().times(1).returning(|_, _| Ok(Vec::new()));
        ports
    };
    let mut ports = named();
    ports.log.expect_begin().times(1).returning(|_, _| overloaded());
    fails(ports, on).await;

    let (mut ports, mut tx) = (named(), MockMessageTx::new());
    tx.expect_message().times(1).returning(|_| overloaded());
    ports.begin(tx);
    fails(ports, on).await;

    let (mut ports, mut tx) = (named(), knowing(&message, Role::Member));
    tx.expect_edit().times(1).returning(|_, _, _, _| overloaded());
    ports.begin(tx);
    fails(ports, on).await;

    let (mut ports, mut tx) = (named(), knowing(&message, Role::Member));
    tx.expect_edit().times(1).returning(|_, _, _, _| Ok(()));
    tx.expect_commit().times(1).returning(|| Ok(()));
    ports.begin(tx);
    ports.log.expect_message().times(1).returning(|_, _, _| overloaded());
    fails(ports, on).await;
}
