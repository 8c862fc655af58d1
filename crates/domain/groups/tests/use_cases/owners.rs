//! Two owners who are both waiting for the group when the first change of it begins: whatever was
//! decided before the other's commit is worth nothing.

use kabar_groups::{ChangeRole, ChangeRoleError, LeaveError, RemoveMemberError, ports::GroupStore};
use kabar_kernel::{ConversationId, Role, UserId};

use crate::scene::Scene;

/// A group of two owners and a member.
async fn shared(scene: &Scene) -> (ConversationId, [UserId; 3]) {
    let [ayu, budi, citra] = scene.users(["ayu", "budi", "citra"]).await;
    let group = scene.group(ayu, &[budi, citra]).await;
    scene.give(Role::Owner, group, ayu, budi).await;
    (group, [ayu, budi, citra])
}

/// Lets both changes queue for the group, and only then lets go of it.
async fn queued<T>(
    scene: &Scene,
    group: ConversationId,
    first: impl Future<Output = T>,
    second: impl Future<Output = T>,
) -> (T, T) {
    let held = scene.store.begin(group).await.unwrap();
    let (first, second, ()) = tokio::join!(first, second, async { drop(held) });
    (first, second)
}

async fn owners(scene: &Scene, group: ConversationId, reader: UserId) -> usize {
    let roster = scene.roster(group, reader).await;
    roster.iter().filter(|member| member.role == Role::Owner).count()
}

#[tokio::test]
async fn the_second_of_two_who_demote_each_other_is_no_owner_any_more() {
    let scene = Scene::new();
    let (group, [ayu, budi, citra]) = shared(&scene).await;
    let demote = |actor, user| {
        scene.groups.change_role(ChangeRole { group, actor, user, role: Role::Admin })
    };
    let answers = queued(&scene, group, demote(ayu, budi), demote(budi, ayu)).await;
    assert!(matches!(answers, (Ok(()), Err(ChangeRoleError::Forbidden))), "{answers:?}");
    assert_eq!(owners(&scene, group, citra).await, 1);
}

#[tokio::test]
async fn the_second_of_two_who_step_down_is_the_last_owner() {
    let scene = Scene::new();
    let (group, [ayu, budi, citra]) = shared(&scene).await;
    let step_down = |user| {
        scene.groups.change_role(ChangeRole { group, actor: user, user, role: Role::Member })
    };
    let answers = queued(&scene, group, step_down(ayu), step_down(budi)).await;
    assert!(matches!(answers, (Ok(()), Err(ChangeRoleError::LastOwner))), "{answers:?}");
    assert_eq!(owners(&scene, group, citra).await, 1);
}

#[tokio::test]
async fn the_second_of_two_who_leave_is_the_last_owner() {
    let scene = Scene::new();
    let (group, [ayu, budi, citra]) = shared(&scene).await;
    let leaving = (scene.groups.leave(group, ayu), scene.groups.leave(group, budi));
    let answers = queued(&scene, group, leaving.0, leaving.1).await;
    assert!(matches!(answers, (Ok(()), Err(LeaveError::LastOwner))), "{answers:?}");
    assert_eq!(owners(&scene, group, citra).await, 1);
}

#[tokio::test]
async fn the_second_of_two_who_remove_each_other_is_a_stranger() {
    let scene = Scene::new();
    let (group, [ayu, budi, citra]) = shared(&scene).await;
    let remove = |actor, user| scene.groups.remove_member(group, actor, user);
    let answers = queued(&scene, group, remove(ayu, budi), remove(budi, ayu)).await;
    assert!(matches!(answers, (Ok(()), Err(RemoveMemberError::GroupNotFound))), "{answers:?}");
    assert_eq!(owners(&scene, group, citra).await, 1);
}
