use kabar_chats::Event;
use kabar_groups::{AddMembers, RemoveMemberError, policy};
use kabar_kernel::Role;
use proptest::prelude::*;
use tokio::runtime;

use crate::{
    mocked::{Mocked, overloaded, roster, some_ids},
    scene::Scene,
};

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Member), Just(Role::Moderator), Just(Role::Admin), Just(Role::Owner)]
}

proptest! {
    #[test]
    fn a_member_is_removed_exactly_when_the_policy_allows_it(actor_role in role(), role in role()) {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let scene = Scene::new();
            let [founder, actor, user] = scene.users(["founder", "actor", "user"]).await;
            let group = scene.group(founder, &[actor, user]).await;
            scene.give(role, group, founder, user).await;
            scene.give(actor_role, group, founder, actor).await;
            let before = scene.log(group).await;
            let removed = scene.groups.remove_member(group, actor, user).await;
            let after = scene.log(group).await;
            if policy::may_remove(actor_role, role) {
                prop_assert!(removed.is_ok(), "{removed:?}");
                prop_assert_eq!(scene.role(group, founder, user).await, None);
                prop_assert_eq!(after.last(), Some(&Event::MemberRemoved { user }));
            } else {
                prop_assert!(matches!(removed, Err(RemoveMemberError::Forbidden)), "{removed:?}");
                prop_assert_eq!(scene.role(group, founder, user).await, Some(role));
                prop_assert_eq!(after, before);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn nobody_below_an_owner_removes_an_equal() {
    let scene = Scene::new();
    let (group, [owner, admin, moderator, member]) = scene.governed().await;
    let peers = scene.users(["admin2", "moderator2", "member2"]).await;
    let command = AddMembers { group, actor: owner, users: peers.to_vec() };
    scene.groups.add_members(command).await.unwrap();
    scene.give(Role::Admin, group, owner, peers[0]).await;
    scene.give(Role::Moderator, group, owner, peers[1]).await;
    for (actor, peer) in [admin, moderator, member].into_iter().zip(peers) {
        let refused = scene.groups.remove_member(group, actor, peer).await;
        assert!(matches!(refused, Err(RemoveMemberError::Forbidden)), "{refused:?}");
    }
}

#[tokio::test]
async fn an_owner_removes_another_owner_and_remains() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let group = scene.group(ayu, &[budi]).await;
    scene.give(Role::Owner, group, ayu, budi).await;
    scene.groups.remove_member(group, budi, ayu).await.unwrap();
    assert_eq!(scene.role(group, budi, ayu).await, None);
    assert_eq!(scene.role(group, budi, budi).await, Some(Role::Owner));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_who_remove_each_other_at_once_one_remains() {
    let scene = Scene::new();
    let [ayu, budi, citra] = scene.users(["ayu", "budi", "citra"]).await;
    for round in 0..300 {
        let group = scene.group(ayu, &[budi, citra]).await;
        scene.give(Role::Owner, group, ayu, budi).await;
        let removing = [(ayu, budi), (budi, ayu)].map(|(actor, user)| {
            let groups = scene.groups.clone();
            tokio::spawn(async move { groups.remove_member(group, actor, user).await })
        });
        for answer in removing {
            if let Err(error) = answer.await.unwrap() {
                assert!(matches!(error, RemoveMemberError::GroupNotFound), "{error:?}");
            }
        }
        let roster = scene.roster(group, citra).await;
        let owners = roster.iter().filter(|member| member.role == Role::Owner).count();
        assert_eq!((owners, roster.len()), (1, 2), "round {round}");
    }
}

#[tokio::test]
async fn removing_oneself_is_leaving() {
    let scene = Scene::new();
    let (group, [owner, _, _, member]) = scene.governed().await;
    scene.groups.remove_member(group, member, member).await.unwrap();
    assert_eq!(scene.log(group).await.last(), Some(&Event::MemberLeft { user: member }));
    let refused = scene.groups.remove_member(group, owner, owner).await;
    assert!(matches!(refused, Err(RemoveMemberError::LastOwner)), "{refused:?}");
    let refused = scene.groups.remove_member(group, member, member).await;
    assert!(matches!(refused, Err(RemoveMemberError::GroupNotFound)), "{refused:?}");
}

#[tokio::test]
async fn whoever_is_not_a_member_cannot_be_removed() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for user in [eve, scene.stranger()] {
        let refused = scene.groups.remove_member(group, owner, user).await;
        assert!(matches!(refused, Err(RemoveMemberError::MemberNotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_stranger_finds_no_group_to_remove_from() {
    let scene = Scene::new();
    let (group, [owner, _, _, member]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for (group, actor) in [(group, eve), (scene.nowhere(), owner)] {
        let refused = scene.groups.remove_member(group, actor, member).await;
        assert!(matches!(refused, Err(RemoveMemberError::GroupNotFound)), "{refused:?}");
    }
    assert_eq!(scene.role(group, owner, member).await, Some(Role::Member));
}

#[tokio::test]
async fn a_removed_member_governs_nothing_more() {
    let scene = Scene::new();
    let (group, [owner, admin, moderator, _]) = scene.governed().await;
    scene.groups.remove_member(group, owner, admin).await.unwrap();
    let refused = scene.groups.remove_member(group, admin, moderator).await;
    assert!(matches!(refused, Err(RemoveMemberError::GroupNotFound)), "{refused:?}");
}

#[tokio::test]
async fn nothing_is_written_when_the_policy_refuses() {
    let (group, ayu, budi) = some_ids();
    let mut ports = Mocked::new();
    ports.begin(roster(&[(ayu, Role::Moderator), (budi, Role::Admin)]));
    let refused = ports.groups().remove_member(group, ayu, budi).await;
    assert!(matches!(refused, Err(RemoveMemberError::Forbidden)));
}

#[tokio::test]
async fn a_commit_that_fails_is_not_said_to_have_removed() {
    let (group, ayu, budi) = some_ids();
    for (actor, user) in [(ayu, budi), (budi, budi)] {
        let mut tx = roster(&[(ayu, Role::Owner), (budi, Role::Member)]);
        tx.expect_remove().times(1).returning(|_, _| Ok(()));
        tx.expect_commit().times(1).returning(overloaded);
        let mut ports = Mocked::new();
        ports.begin(tx);
        let failed = ports.groups().remove_member(group, actor, user).await;
        assert!(matches!(failed, Err(RemoveMemberError::Port(_))));
    }
}
