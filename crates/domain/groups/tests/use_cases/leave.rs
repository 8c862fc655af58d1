use kabar_chats::Event;
use kabar_groups::{GroupError, LeaveError};
use kabar_kernel::Role;

use crate::{
    mocked::{Mocked, overloaded, roster, some_ids},
    scene::Scene,
};

#[tokio::test]
async fn whoever_is_no_owner_leaves_when_they_like() {
    let scene = Scene::new();
    let (group, [owner, admin, moderator, member]) = scene.governed().await;
    for user in [member, moderator, admin] {
        scene.groups.leave(group, user).await.unwrap();
        assert_eq!(scene.role(group, owner, user).await, None);
        assert_eq!(scene.log(group).await.last(), Some(&Event::MemberLeft { user }));
        let seen = scene.groups.group(group, user).await;
        assert!(matches!(seen, Err(GroupError::NotFound)), "{seen:?}");
    }
}

#[tokio::test]
async fn leaving_again_finds_no_group() {
    let scene = Scene::new();
    let (group, [_, _, _, member]) = scene.governed().await;
    scene.groups.leave(group, member).await.unwrap();
    let refused = scene.groups.leave(group, member).await;
    assert!(matches!(refused, Err(LeaveError::GroupNotFound)), "{refused:?}");
}

#[tokio::test]
async fn the_only_owner_cannot_go_while_others_stay() {
    let scene = Scene::new();
    let (group, [owner, admin, ..]) = scene.governed().await;
    let before = scene.log(group).await;
    let refused = scene.groups.leave(group, owner).await;
    assert!(matches!(refused, Err(LeaveError::LastOwner)), "{refused:?}");
    assert_eq!(scene.log(group).await, before);
    scene.give(Role::Owner, group, owner, admin).await;
    scene.groups.leave(group, owner).await.unwrap();
    assert_eq!(scene.role(group, admin, owner).await, None);
}

#[tokio::test]
async fn the_last_member_may_go() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let group = scene.group(ayu, &[budi]).await;
    scene.groups.leave(group, budi).await.unwrap();
    scene.groups.leave(group, ayu).await.unwrap();
    let seen = scene.groups.group(group, ayu).await;
    assert!(matches!(seen, Err(GroupError::NotFound)), "{seen:?}");
}

#[tokio::test]
async fn a_stranger_has_no_group_to_leave() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for (group, user) in [(group, eve), (scene.nowhere(), owner)] {
        let refused = scene.groups.leave(group, user).await;
        assert!(matches!(refused, Err(LeaveError::GroupNotFound)), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_who_leave_at_once_one_stays_with_the_others() {
    let scene = Scene::new();
    let [ayu, budi, citra] = scene.users(["ayu", "budi", "citra"]).await;
    for round in 0..300 {
        let group = scene.group(ayu, &[budi, citra]).await;
        scene.give(Role::Owner, group, ayu, budi).await;
        let leaving = [ayu, budi].map(|user| {
            let groups = scene.groups.clone();
            tokio::spawn(async move { groups.leave(group, user).await })
        });
        for answer in leaving {
            if let Err(error) = answer.await.unwrap() {
                assert!(matches!(error, LeaveError::LastOwner), "{error:?}");
            }
        }
        let roster = scene.roster(group, citra).await;
        let owners = roster.iter().filter(|member| member.role == Role::Owner).count();
        assert_eq!((owners, roster.len()), (1, 2), "round {round}");
    }
}

#[tokio::test]
async fn nothing_is_written_for_an_owner_who_may_not_go() {
    let (group, ayu, budi) = some_ids();
    let mut tx = roster(&[(ayu, Role::Owner), (budi, Role::Admin)]);
    tx.expect_owner_count().times(1).returning(|| Ok(1));
    tx.expect_member_count().times(1).returning(|| Ok(2));
    let mut ports = Mocked::new();
    ports.begin(tx);
    let refused = ports.groups().leave(group, ayu).await;
    assert!(matches!(refused, Err(LeaveError::LastOwner)));
}

#[tokio::test]
async fn a_commit_that_fails_is_not_said_to_have_left() {
    let (group, _, budi) = some_ids();
    let mut tx = roster(&[(budi, Role::Member)]);
    tx.expect_remove().times(1).returning(|_, _| Ok(()));
    tx.expect_commit().times(1).returning(overloaded);
    let mut ports = Mocked::new();
    ports.begin(tx);
    let failed = ports.groups().leave(group, budi).await;
    assert!(matches!(failed, Err(LeaveError::Port(_))));
}
