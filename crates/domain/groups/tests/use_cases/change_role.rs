use kabar_chats::Event;
use kabar_groups::{ChangeRole, ChangeRoleError, policy};
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
    /// The actor has one role, the other member another, and a second owner keeps the group
    /// governed whatever becomes of them.
    #[test]
    fn a_role_is_given_exactly_when_the_policy_allows_it(
        actor_role in role(), from in role(), to in role(),
    ) {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let scene = Scene::new();
            let [founder, actor, user] = scene.users(["founder", "actor", "user"]).await;
            let group = scene.group(founder, &[actor, user]).await;
            scene.give(from, group, founder, user).await;
            scene.give(actor_role, group, founder, actor).await;
            let before = scene.log(group).await;
            let given = scene.change_role(group, actor, user, to).await;
            let after = scene.log(group).await;
            if policy::may_change_role(actor_role, from, to) {
                prop_assert!(given.is_ok(), "{given:?}");
                prop_assert_eq!(scene.role(group, founder, user).await, Some(to));
                let changed = Event::MemberRoleChanged { user, role: to };
                let recorded = (from != to).then_some(&changed);
                prop_assert_eq!(after.get(before.len()), recorded);
                prop_assert_eq!(after.len() - before.len(), usize::from(from != to));
            } else {
                prop_assert!(matches!(given, Err(ChangeRoleError::Forbidden)), "{given:?}");
                prop_assert_eq!(scene.role(group, founder, user).await, Some(from));
                prop_assert_eq!(after, before);
            }
            Ok(())
        })?;
    }

    #[test]
    fn nothing_is_written_when_the_policy_refuses(
        actor_role in role(), from in role(), to in role(),
    ) {
        prop_assume!(!policy::may_change_role(actor_role, from, to));
        let (group, actor, user) = some_ids();
        let mut ports = Mocked::new();
        ports.begin(roster(&[(actor, actor_role), (user, from)]));
        let groups = ports.groups();
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let refused =
            runtime.block_on(groups.change_role(ChangeRole { group, actor, user, role: to }));
        prop_assert!(matches!(refused, Err(ChangeRoleError::Forbidden)));
    }
}

#[tokio::test]
async fn the_only_owner_cannot_step_down() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    for members in [&[][..], &[budi]] {
        let group = scene.group(ayu, members).await;
        for role in [Role::Admin, Role::Moderator, Role::Member] {
            let refused = scene.change_role(group, ayu, ayu, role).await;
            assert!(matches!(refused, Err(ChangeRoleError::LastOwner)), "{role}: {refused:?}");
        }
        assert_eq!(scene.role(group, ayu, ayu).await, Some(Role::Owner));
    }
}

#[tokio::test]
async fn an_owner_steps_down_while_another_stays() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let group = scene.group(ayu, &[budi]).await;
    scene.give(Role::Owner, group, ayu, budi).await;
    scene.change_role(group, ayu, ayu, Role::Member).await.unwrap();
    assert_eq!(scene.role(group, budi, ayu).await, Some(Role::Member));
    let refused = scene.change_role(group, budi, budi, Role::Admin).await;
    assert!(matches!(refused, Err(ChangeRoleError::LastOwner)), "{refused:?}");
}

#[tokio::test]
async fn nobody_below_an_owner_changes_their_own_role() {
    let scene = Scene::new();
    let (group, [owner, admin, moderator, member]) = scene.governed().await;
    for user in [admin, moderator, member] {
        let before = scene.role(group, owner, user).await;
        for role in [Role::Owner, Role::Admin, Role::Moderator, Role::Member] {
            let refused = scene.change_role(group, user, user, role).await;
            assert!(matches!(refused, Err(ChangeRoleError::Forbidden)), "{role}: {refused:?}");
        }
        assert_eq!(scene.role(group, owner, user).await, before);
    }
}

#[tokio::test]
async fn the_role_somebody_has_is_given_again_without_an_entry_or_a_commit() {
    let scene = Scene::new();
    let (group, [owner, admin, ..]) = scene.governed().await;
    let before = scene.log(group).await;
    scene.change_role(group, owner, admin, Role::Admin).await.unwrap();
    scene.change_role(group, owner, owner, Role::Owner).await.unwrap();
    assert_eq!(scene.log(group).await, before);

    let (group, actor, user) = some_ids();
    let mut ports = Mocked::new();
    ports.begin(roster(&[(actor, Role::Owner), (user, Role::Admin)]));
    let command = ChangeRole { group, actor, user, role: Role::Admin };
    assert!(ports.groups().change_role(command).await.is_ok());
}

#[tokio::test]
async fn whoever_is_not_a_member_gets_no_role() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for user in [eve, scene.stranger()] {
        let refused = scene.change_role(group, owner, user, Role::Admin).await;
        assert!(matches!(refused, Err(ChangeRoleError::MemberNotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_stranger_finds_no_group_to_give_roles_in() {
    let scene = Scene::new();
    let (group, [owner, _, _, member]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for (group, actor) in [(group, eve), (scene.nowhere(), owner)] {
        for user in [member, eve] {
            let refused = scene.change_role(group, actor, user, Role::Admin).await;
            assert!(matches!(refused, Err(ChangeRoleError::GroupNotFound)), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_not_said_to_have_given_a_role() {
    let (group, actor, user) = some_ids();
    let mut tx = roster(&[(actor, Role::Owner), (user, Role::Member)]);
    tx.expect_set_role().times(1).returning(|_, _, _| Ok(()));
    tx.expect_commit().times(1).returning(overloaded);
    let mut ports = Mocked::new();
    ports.begin(tx);
    let command = ChangeRole { group, actor, user, role: Role::Admin };
    let failed = ports.groups().change_role(command).await;
    assert!(matches!(failed, Err(ChangeRoleError::Port(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_who_demote_each_other_at_once_one_remains() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    for round in 0..300 {
        let group = scene.group(ayu, &[budi]).await;
        scene.give(Role::Owner, group, ayu, budi).await;
        let demoting = [(ayu, budi), (budi, ayu)].map(|(actor, user)| {
            let groups = scene.groups.clone();
            let command = ChangeRole { group, actor, user, role: Role::Member };
            tokio::spawn(async move { groups.change_role(command).await })
        });
        let mut demoted = 0;
        for answer in demoting {
            match answer.await.unwrap() {
                Ok(()) => demoted += 1,
                Err(error) => assert!(matches!(error, ChangeRoleError::Forbidden), "{error:?}"),
            }
        }
        let roster = scene.roster(group, ayu).await;
        let owners = roster.iter().filter(|member| member.role == Role::Owner).count();
        assert_eq!((demoted, owners), (1, 1), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_who_step_down_at_once_one_remains() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    for round in 0..300 {
        let group = scene.group(ayu, &[budi]).await;
        scene.give(Role::Owner, group, ayu, budi).await;
        let stepping = [ayu, budi].map(|user| {
            let groups = scene.groups.clone();
            let command = ChangeRole { group, actor: user, user, role: Role::Admin };
            tokio::spawn(async move { groups.change_role(command).await })
        });
        let mut refused = 0;
        for answer in stepping {
            if let Err(error) = answer.await.unwrap() {
                assert!(matches!(error, ChangeRoleError::LastOwner), "{error:?}");
                refused += 1;
            }
        }
        let roster = scene.roster(group, ayu).await;
        let owners = roster.iter().filter(|member| member.role == Role::Owner).count();
        assert_eq!((refused, owners), (1, 1), "round {round}");
    }
}
