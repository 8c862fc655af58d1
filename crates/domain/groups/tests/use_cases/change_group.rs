use kabar_chats::Event;
use kabar_groups::{ChangeGroupError, GroupChange, GroupDescription};
use kabar_kernel::Role;

use crate::{
    mocked::{Mocked, overloaded, roster, some_ids},
    scene::{Scene, name},
};

fn rename(text: &str) -> GroupChange {
    GroupChange { name: Some(name(text)), description: None }
}

#[tokio::test]
async fn an_owner_and_an_admin_change_what_they_name_and_nothing_else() {
    let scene = Scene::new();
    let (group, [owner, admin, _, member]) = scene.governed().await;
    scene.groups.change(group, admin, rename("Kopi Pagi")).await.unwrap();
    let seen = scene.groups.group(group, member).await.unwrap();
    assert_eq!((seen.name.as_str(), seen.description.as_str()), ("Kopi Pagi", "after work"));
    let renamed = Event::GroupUpdated { name: Some("Kopi Pagi".into()), description: None };
    assert_eq!(scene.log(group).await.last(), Some(&renamed));

    let emptied = GroupChange { name: None, description: Some(GroupDescription::default()) };
    scene.groups.change(group, owner, emptied).await.unwrap();
    let seen = scene.groups.group(group, member).await.unwrap();
    assert_eq!((seen.name.as_str(), seen.description.as_str()), ("Kopi Pagi", ""));
}

#[tokio::test]
async fn a_member_and_a_moderator_change_nothing() {
    let scene = Scene::new();
    let (group, [_, _, moderator, member]) = scene.governed().await;
    let before = scene.log(group).await;
    for actor in [moderator, member] {
        for change in [rename("Mine now"), GroupChange::default()] {
            let refused = scene.groups.change(group, actor, change).await;
            assert!(matches!(refused, Err(ChangeGroupError::Forbidden)), "{refused:?}");
        }
    }
    assert_eq!(scene.groups.group(group, member).await.unwrap().name, name("Warung Kopi"));
    assert_eq!(scene.log(group).await, before);
}

#[tokio::test]
async fn a_change_that_names_nothing_leaves_no_entry_and_no_commit() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let before = scene.log(group).await;
    scene.groups.change(group, owner, GroupChange::default()).await.unwrap();
    assert_eq!(scene.log(group).await, before);

    let (group, ayu, _) = some_ids();
    let mut ports = Mocked::new();
    ports.begin(roster(&[(ayu, Role::Owner)]));
    assert!(ports.groups().change(group, ayu, GroupChange::default()).await.is_ok());
}

#[tokio::test]
async fn a_stranger_finds_no_group_to_change() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for (group, actor) in [(group, eve), (scene.nowhere(), owner)] {
        let refused = scene.groups.change(group, actor, rename("Mine now")).await;
        assert!(matches!(refused, Err(ChangeGroupError::GroupNotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_failure_is_not_an_unknown_group() {
    let (group, ayu, _) = some_ids();

    let mut ports = Mocked::new();
    ports.groups.expect_begin().times(1).returning(|_| overloaded());
    let failed = ports.groups().change(group, ayu, rename("Kopi Pagi")).await;
    assert!(matches!(failed, Err(ChangeGroupError::Port(_))));

    let mut tx = roster(&[(ayu, Role::Owner)]);
    tx.expect_change().times(1).returning(|_, _| Ok(()));
    tx.expect_commit().times(1).returning(overloaded);
    let mut ports = Mocked::new();
    ports.begin(tx);
    let failed = ports.groups().change(group, ayu, rename("Kopi Pagi")).await;
    assert!(matches!(failed, Err(ChangeGroupError::Port(_))));
}
