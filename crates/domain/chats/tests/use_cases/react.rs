use std::time::Duration;

use kabar_chats::{ChangeMessageError, Emoji, Event, OnMessage, Reaction, ports::MockMessageTx};
use kabar_kernel::{Pos, Role};

use crate::{
    mocked::{Mocked, knowing, overloaded, some_message},
    scene::{Scene, emoji, on, page},
};

/// As many different emojis as a message may have, and one more.
fn many() -> (Vec<Emoji>, Emoji) {
    let faces = ('\u{1F600}'..).take(21).map(|face| emoji(&face.to_string()));
    let mut faces: Vec<_> = faces.collect();
    let last = faces.pop().unwrap();
    (faces, last)
}

const fn reaction(emoji: Emoji, count: u32, mine: bool) -> Reaction {
    Reaction { emoji, count, mine }
}

#[tokio::test]
async fn reactions_are_counted_and_each_reader_knows_their_own() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let (heart, thumb) = (emoji("❤"), emoji("👍"));
    scene.chats.react(on(&said, budi), thumb).await.unwrap();
    scene.clock.advance(Duration::from_secs(1));
    scene.chats.react(on(&said, ayu), heart).await.unwrap();
    let message = scene.chats.react(on(&said, ayu), thumb).await.unwrap();
    assert_eq!(message.reactions, [reaction(thumb, 2, true), reaction(heart, 1, true)]);
    let read = scene.read(&said, budi).await;
    assert_eq!(read.reactions, [reaction(thumb, 2, true), reaction(heart, 1, false)]);
    assert_eq!(read.body, said.body);
}

#[tokio::test]
async fn a_reaction_that_is_there_changes_nothing() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let once = scene.chats.react(on(&said, ayu), emoji("❤")).await.unwrap();
    let head = scene.head(conversation, ayu).await;
    // The other spelling of the same emoji.
    let again = scene.chats.react(on(&said, ayu), emoji("❤\u{fe0f}")).await.unwrap();
    assert_eq!((again, scene.head(conversation, ayu).await), (once, head));
}

#[tokio::test]
async fn one_takes_back_one_s_own_reaction_only() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let thumb = emoji("👍");
    scene.chats.react(on(&said, budi), thumb).await.unwrap();
    let head = scene.head(conversation, ayu).await;
    let left = scene.chats.unreact(on(&said, ayu), thumb).await.unwrap();
    assert_eq!(left.reactions, [reaction(thumb, 1, false)]);
    assert_eq!(scene.head(conversation, ayu).await, head, "there was nothing to take back");
    let left = scene.chats.unreact(on(&said, budi), thumb).await.unwrap();
    assert_eq!(left.reactions, []);
    let log = scene.chats.entries(conversation, ayu, head, page(10)).await.unwrap().items;
    let Event::ReactionRemoved(change) = log[0].event else { panic!("{log:?}") };
    assert_eq!((change.message.id, change.emoji, change.count), (said.id, thumb, 0));
}

#[tokio::test]
async fn every_change_tells_how_many_there_are_then() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let thumb = emoji("👍");
    for user in [ayu, budi] {
        scene.chats.react(on(&said, user), thumb).await.unwrap();
    }
    scene.chats.unreact(on(&said, ayu), thumb).await.unwrap();
    let log = scene.chats.entries(conversation, budi, Pos::ZERO, page(10)).await.unwrap().items;
    let counts: Vec<_> = log
        .iter()
        .filter_map(|entry| match entry.event {
            Event::ReactionAdded(change) => Some((entry.by, true, change.count)),
            Event::ReactionRemoved(change) => Some((entry.by, false, change.count)),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [(ayu, true, 1), (budi, true, 2), (ayu, false, 1)]);
}

#[tokio::test]
async fn a_message_has_so_many_different_emojis_and_no_more() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    let (most, one_more) = many();
    assert_eq!(most.len(), 20);
    for emoji in &most {
        scene.chats.react(on(&said, ayu), *emoji).await.unwrap();
    }
    let refused = scene.chats.react(on(&said, budi), one_more).await;
    assert!(matches!(refused, Err(ChangeMessageError::TooManyReactions)), "{refused:?}");
    // One that is there already is no different one, and one that went leaves its place.
    let message = scene.chats.react(on(&said, budi), most[0]).await.unwrap();
    assert_eq!((message.reactions.len(), message.reactions[0].count), (20, 2));
    scene.chats.unreact(on(&said, ayu), most[1]).await.unwrap();
    let message = scene.chats.react(on(&said, budi), one_more).await.unwrap();
    assert_eq!(message.reactions.last(), Some(&reaction(one_more, 1, true)));
}

#[tokio::test]
async fn nobody_reacts_to_a_deleted_message() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.chats.react(on(&said, budi), emoji("👍")).await.unwrap();
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    let head = scene.head(conversation, ayu).await;
    let refused = scene.chats.react(on(&said, budi), emoji("👍")).await;
    assert!(matches!(refused, Err(ChangeMessageError::Deleted)), "{refused:?}");
    // There is nothing to take back, which is what was wanted.
    let left = scene.chats.unreact(on(&said, budi), emoji("👍")).await.unwrap();
    assert!(left.is_deleted() && left.reactions.is_empty());
    assert_eq!(scene.head(conversation, ayu).await, head);
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_found() {
    let scene = Scene::new();
    for on in scene.out_of_reach().await {
        let reacted = scene.chats.react(on, emoji("👍")).await;
        let taken_back = scene.chats.unreact(on, emoji("👍")).await;
        for refused in [reacted, taken_back] {
            assert!(matches!(refused, Err(ChangeMessageError::MessageNotFound)), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn what_changes_nothing_is_not_committed() {
    let (message, on) = some_message();
    let mut there = knowing(&message, Role::Member);
    there.expect_emojis().times(1).returning(|_| Ok(vec![emoji("👍")]));
    there.expect_react().times(1).returning(|_, _, _| Ok(false));
    let mut absent = knowing(&message, Role::Member);
    absent.expect_unreact().times(1).returning(|_, _, _| Ok(false));
    for (tx, adds) in [(there, true), (absent, false)] {
        let (mut ports, read) = (Mocked::new(), message.clone());
        ports.begin(tx);
        ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(read)));
        let chats = ports.chats();
        let thumb = emoji("👍");
        let done = if adds { chats.react(on, thumb).await } else { chats.unreact(on, thumb).await };
        assert_eq!(done.unwrap(), message);
    }
}

async fn fails(tx: MockMessageTx, on: OnMessage, adds: bool) {
    let mut ports = Mocked::new();
    ports.begin(tx);
    let (chats, thumb) = (ports.chats(), emoji("👍"));
    let failed = if adds { chats.react(on, thumb).await } else { chats.unreact(on, thumb).await };
    assert!(matches!(failed, Err(ChangeMessageError::Port(_))), "{failed:?}");
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_message() {
    let (message, on) = some_message();

    let mut tx = knowing(&message, Role::Member);
    tx.expect_emojis().times(1).returning(|_| overloaded());
    fails(tx, on, true).await;

    let mut tx = knowing(&message, Role::Member);
    tx.expect_emojis().times(1).returning(|_| Ok(Vec::new()));
    tx.expect_react().times(1).returning(|_, _, _| overloaded());
    fails(tx, on, true).await;

    let mut tx = knowing(&message, Role::Member);
    tx.expect_emojis().times(1).returning(|_| Ok(Vec::new()));
    tx.expect_react().times(1).returning(|_, _, _| Ok(true));
    tx.expect_commit().times(1).returning(overloaded);
    fails(tx, on, true).await;

    let mut tx = knowing(&message, Role::Member);
    tx.expect_unreact().times(1).returning(|_, _, _| overloaded());
    fails(tx, on, false).await;

    let mut tx = knowing(&message, Role::Member);
    tx.expect_unreact().times(1).returning(|_, _, _| Ok(true));
    tx.expect_commit().times(1).returning(overloaded);
    fails(tx, on, false).await;
}
