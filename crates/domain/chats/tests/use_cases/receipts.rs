use kabar_chats::{ChatLimits, CursorError, MessageReceipts, Receipt, Receipts, ports::Audience};
use kabar_kernel::{ConversationId, IdSource, MessageId, Seq, UserId};
use kabar_users::PrivacyChange;

use crate::{
    mocked::{Mocked, overloaded, some_message},
    scene::{Scene, on},
};

const HIDDEN: PrivacyChange = PrivacyChange { receipts: Some(false), typing: None, presence: None };

fn receipt(conversation: ConversationId, user: UserId, delivered: u64, read: u64) -> Receipt {
    Receipt { conversation, user, read_seq: Seq::new(read), delivered_seq: Seq::new(delivered) }
}

#[tokio::test]
async fn a_member_sees_how_far_the_others_are() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    scene.say_times(3, conversation, ayu).await;
    let seen = scene.chats.receipts(conversation, ayu).await.unwrap();
    assert_eq!(seen, [receipt(conversation, budi, 0, 0)]);
    scene.chats.mark_read(conversation, budi, Seq::new(1)).await.unwrap();
    scene.chats.mark_delivered(conversation, budi, Seq::new(3)).await.unwrap();
    let seen = scene.chats.receipts(conversation, ayu).await.unwrap();
    assert_eq!(seen, [receipt(conversation, budi, 3, 1)]);
}

#[tokio::test]
async fn whoever_hides_how_far_they_are_is_not_shown() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.change_privacy(budi, HIDDEN).await;
    let moved = scene.chats.mark_read(conversation, budi, Seq::new(1)).await.unwrap();
    assert!(!moved.shown);
    assert_eq!(scene.chats.receipts(conversation, ayu).await.unwrap(), []);
    let seen = scene.chats.message_receipts(conversation, ayu, said.id).await.unwrap();
    assert_eq!(seen, MessageReceipts::default());
}

#[tokio::test]
async fn who_has_read_a_message_is_told_without_its_author() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let said = scene.say(warung.group, warung.admin).await;
    let later = scene.say(warung.group, warung.admin).await;
    scene.chats.mark_read(warung.group, warung.admin, later.seq).await.unwrap();
    scene.chats.mark_read(warung.group, warung.moderator, said.seq).await.unwrap();
    scene.chats.mark_delivered(warung.group, warung.member, later.seq).await.unwrap();
    let of = async |message: MessageId| {
        scene.chats.message_receipts(warung.group, warung.owner, message).await.unwrap()
    };
    let expected = MessageReceipts { read: vec![warung.moderator], delivered: vec![warung.member] };
    assert_eq!(of(said.id).await, expected);
    let expected = MessageReceipts { read: vec![], delivered: vec![warung.member] };
    assert_eq!(of(later.id).await, expected);
}

#[tokio::test]
async fn whoever_joined_later_is_not_said_to_have_read_what_was_said_before() {
    let scene = Scene::new();
    let warung = scene.warung().await;
    let before = scene.say(warung.group, warung.owner).await;
    scene.chats.mark_read(warung.group, warung.member, before.seq).await.unwrap();
    let eko = scene.user("eko").await;
    scene.add(warung.group, eko, warung.owner).await;
    let after = scene.say(warung.group, warung.owner).await;
    let of = async |message: MessageId| {
        scene.chats.message_receipts(warung.group, warung.owner, message).await.unwrap()
    };
    let expected = MessageReceipts { read: vec![warung.member], delivered: vec![] };
    assert_eq!(of(before.id).await, expected, "their cursor begins there");
    assert_eq!(of(after.id).await, MessageReceipts::default());
    scene.chats.mark_read(warung.group, eko, after.seq).await.unwrap();
    assert_eq!(of(before.id).await, expected);
    let expected = MessageReceipts { read: vec![eko], delivered: vec![] };
    assert_eq!(of(after.id).await, expected);
    // Who comes back is a new member, whatever they read before.
    scene.remove(warung.group, warung.member, warung.owner).await;
    scene.add(warung.group, warung.member, warung.owner).await;
    assert_eq!(of(before.id).await, MessageReceipts::default());
    let listed = scene.chats.receipts(warung.group, warung.owner).await.unwrap();
    let listed: Vec<UserId> = listed.iter().map(|receipt| receipt.user).collect();
    assert_eq!(listed, [warung.admin, warung.moderator, warung.member, eko]);
}

#[tokio::test]
async fn in_a_large_group_nobody_is_shown_how_far_others_are() {
    let receipts = Audience { members: 3 };
    let scene = Scene::with_limits(ChatLimits { receipts, ..ChatLimits::default() });
    let warung = scene.warung().await;
    let said = scene.say(warung.group, warung.owner).await;
    let refused = scene.chats.receipts(warung.group, warung.owner).await;
    assert!(matches!(refused, Err(CursorError::GroupTooLarge)), "{refused:?}");
    let refused = scene.chats.message_receipts(warung.group, warung.owner, said.id).await;
    assert!(matches!(refused, Err(CursorError::GroupTooLarge)), "{refused:?}");
}

#[tokio::test]
async fn a_direct_conversation_is_never_too_large() {
    let receipts = Audience { members: 0 };
    let scene = Scene::with_limits(ChatLimits { receipts, ..ChatLimits::default() });
    let (conversation, ayu, _) = scene.pair().await;
    assert_eq!(scene.chats.receipts(conversation, ayu).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_is_not_a_member_sees_nobody_s_receipts() {
    let scene = Scene::new();
    let (conversation, ayu, _) = scene.pair().await;
    let eve = scene.user("eve").await;
    let nowhere = ConversationId::new(scene.ids.next_id());
    for (conversation, reader) in [(conversation, eve), (nowhere, ayu)] {
        let refused = scene.chats.receipts(conversation, reader).await;
        assert!(matches!(refused, Err(CursorError::ConversationNotFound)), "{refused:?}");
    }
    for on in scene.out_of_reach().await {
        let refused = scene.chats.message_receipts(on.conversation, on.actor, on.message).await;
        assert!(matches!(refused, Err(CursorError::MessageNotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_deleted_message_was_still_read() {
    let scene = Scene::new();
    let (conversation, ayu, budi) = scene.pair().await;
    let said = scene.say(conversation, ayu).await;
    scene.chats.mark_read(conversation, budi, said.seq).await.unwrap();
    scene.chats.delete(on(&said, ayu)).await.unwrap();
    let seen = scene.chats.message_receipts(conversation, ayu, said.id).await.unwrap();
    assert_eq!(seen.read, [budi]);
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_conversation_or_message() {
    let (message, on) = some_message();
    let mut ports = Mocked::new();
    ports.log.expect_message().times(1).returning(|_, _, _| overloaded());
    let failed = ports.chats().message_receipts(on.conversation, on.actor, on.message).await;
    assert!(matches!(failed, Err(CursorError::Port(_))));

    let mut ports = Mocked::new();
    ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(message)));
    ports.cursors.expect_receipts().times(1).returning(|_, _, _| overloaded());
    let failed = ports.chats().message_receipts(on.conversation, on.actor, on.message).await;
    assert!(matches!(failed, Err(CursorError::Port(_))));
}

#[tokio::test]
async fn a_group_that_grew_meanwhile_is_too_large() {
    let (message, on) = some_message();
    let mut ports = Mocked::new();
    ports.log.expect_message().times(1).return_once(move |_, _, _| Ok(Some(message)));
    ports
        .cursors
        .expect_receipts()
        .withf(|_, _, audience| *audience == ChatLimits::default().receipts)
        .times(1)
        .returning(|_, _, _| Ok(Some(Receipts::TooLarge)));
    let refused = ports.chats().message_receipts(on.conversation, on.actor, on.message).await;
    assert!(matches!(refused, Err(CursorError::GroupTooLarge)));
}
