use kabar_chats::Event;
use kabar_groups::{AddMembers, AddMembersError, AddedMembers, Groups};
use kabar_kernel::{ConversationId, Role, UserId};

use crate::{
    mocked::{Mocked, overloaded, roster, some_ids},
    scene::Scene,
};

fn adding(group: ConversationId, actor: UserId, users: &[UserId]) -> AddMembers {
    AddMembers { group, actor, users: users.to_vec() }
}

#[tokio::test]
async fn an_owner_and_an_admin_add_members() {
    let scene = Scene::new();
    let (group, [owner, admin, ..]) = scene.governed().await;
    let [citra, dewi] = scene.users(["citra", "dewi"]).await;
    for (actor, user) in [(owner, citra), (admin, dewi)] {
        let added = scene.groups.add_members(adding(group, actor, &[user])).await.unwrap();
        assert_eq!(added, AddedMembers { added: vec![user], already: vec![] });
        assert_eq!(scene.role(group, user, user).await, Some(Role::Member));
        let joined = Event::MemberJoined { user, role: Role::Member };
        assert_eq!(scene.log(group).await.last(), Some(&joined));
    }
}

#[tokio::test]
async fn whoever_was_a_member_stays_what_they_were_and_repetitions_are_ignored() {
    let scene = Scene::new();
    let (group, [owner, admin, ..]) = scene.governed().await;
    let before = scene.log(group).await.len();
    let citra = scene.user("citra").await;
    let users = [citra, admin, owner, citra];
    let added = scene.groups.add_members(adding(group, owner, &users)).await.unwrap();
    assert_eq!(added, AddedMembers { added: vec![citra], already: vec![admin, owner] });
    assert_eq!(scene.role(group, owner, admin).await, Some(Role::Admin));
    assert_eq!(scene.role(group, owner, owner).await, Some(Role::Owner));
    assert_eq!(scene.log(group).await.len(), before + 1);
}

#[tokio::test]
async fn a_member_and_a_moderator_add_nobody() {
    let scene = Scene::new();
    let (group, [owner, _, moderator, member]) = scene.governed().await;
    let citra = scene.user("citra").await;
    for actor in [moderator, member] {
        let refused = scene.groups.add_members(adding(group, actor, &[citra])).await;
        assert!(matches!(refused, Err(AddMembersError::Forbidden)), "{refused:?}");
    }
    assert_eq!(scene.role(group, owner, citra).await, None);
}

#[tokio::test]
async fn whoever_may_not_add_does_not_learn_who_exists() {
    let scene = Scene::new();
    let (group, [_, _, _, member]) = scene.governed().await;
    let (nobody, eve) = (scene.stranger(), scene.user("eve").await);
    let refused = scene.groups.add_members(adding(group, member, &[nobody])).await;
    assert!(matches!(refused, Err(AddMembersError::Forbidden)), "{refused:?}");
    let refused = scene.groups.add_members(adding(group, eve, &[nobody])).await;
    assert!(matches!(refused, Err(AddMembersError::GroupNotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_stranger_finds_no_group_to_add_to() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for (group, actor) in [(group, eve), (scene.nowhere(), owner)] {
        let refused = scene.groups.add_members(adding(group, actor, &[eve])).await;
        assert!(matches!(refused, Err(AddMembersError::GroupNotFound)), "{refused:?}");
    }
    assert_eq!(scene.role(group, owner, eve).await, None);
}

#[tokio::test]
async fn unknown_and_deactivated_users_are_named_and_nobody_is_added() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let group = scene.group(ayu, &[]).await;
    let (gone, nobody) = (scene.deactivated("gone").await, scene.stranger());
    let refused = scene.groups.add_members(adding(group, ayu, &[budi, nobody, gone])).await;
    let Err(AddMembersError::UsersNotFound(unknown)) = refused else { panic!("{refused:?}") };
    assert_eq!(unknown, [nobody, gone]);
    assert_eq!(scene.role(group, ayu, budi).await, None);
}

#[tokio::test]
async fn a_full_group_takes_nobody_and_keeps_nothing_of_the_attempt() {
    let scene = Scene::with_limit(3);
    let [ayu, budi, citra, dewi] = scene.users(["ayu", "budi", "citra", "dewi"]).await;
    let group = scene.group(ayu, &[budi]).await;
    let before = scene.log(group).await;
    let refused = scene.groups.add_members(adding(group, ayu, &[citra, dewi])).await;
    assert!(matches!(refused, Err(AddMembersError::TooManyMembers)), "{refused:?}");
    assert_eq!(scene.roster(group, ayu).await.len(), 2);
    assert_eq!(scene.log(group).await, before);
    // The limit itself is within bounds, and whoever is there already takes no place.
    let added = scene.groups.add_members(adding(group, ayu, &[budi, citra])).await.unwrap();
    assert_eq!(added, AddedMembers { added: vec![citra], already: vec![budi] });
}

#[tokio::test]
async fn a_full_group_is_left_by_a_transaction_that_is_never_committed() {
    let (group, ayu, budi) = some_ids();
    let mut tx = roster(&[(ayu, Role::Owner)]);
    tx.expect_add().times(1).returning(|users, _, _| Ok(users.to_vec()));
    tx.expect_member_count().times(1).returning(|| Ok(4));
    let mut ports = Mocked::new();
    ports.know_everybody();
    ports.begin(tx);
    let refused = ports.groups().add_members(adding(group, ayu, &[budi])).await;
    assert!(matches!(refused, Err(AddMembersError::TooManyMembers)));
}

#[tokio::test]
async fn one_command_names_at_most_a_thousand_users() {
    let (group, ayu, _) = some_ids();
    let scene = Scene::new();
    let too_many: Vec<_> = (0..=Groups::MAX_USERS_A_COMMAND).map(|_| scene.stranger()).collect();
    let refused = Mocked::new().groups().add_members(adding(group, ayu, &too_many)).await;
    assert!(matches!(refused, Err(AddMembersError::TooManyMembers)));
}

#[tokio::test]
async fn nothing_is_added_when_the_policy_refuses() {
    let (group, ayu, budi) = some_ids();
    for role in [Role::Member, Role::Moderator] {
        let mut ports = Mocked::new();
        ports.know_everybody();
        ports.begin(roster(&[(ayu, role)]));
        let refused = ports.groups().add_members(adding(group, ayu, &[budi])).await;
        assert!(matches!(refused, Err(AddMembersError::Forbidden)), "{role}");
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_not_said_to_have_added() {
    let (group, ayu, budi) = some_ids();
    let mut tx = roster(&[(ayu, Role::Admin)]);
    tx.expect_add().times(1).returning(|users, _, _| Ok(users.to_vec()));
    tx.expect_member_count().times(1).returning(|| Ok(2));
    tx.expect_commit().times(1).returning(overloaded);
    let mut ports = Mocked::new();
    ports.know_everybody();
    ports.begin(tx);
    let failed = ports.groups().add_members(adding(group, ayu, &[budi])).await;
    assert!(matches!(failed, Err(AddMembersError::Port(_))));
}
