use kabar_chats::Event;
use kabar_groups::{Act, CreateGroupError, Groups};
use kabar_kernel::{Clock, Role, UserId};

use crate::{
    mocked::{Mocked, now, overloaded, some_ids},
    scene::{Scene, founding},
};

/// So many users that no store knows, all different.
fn crowd(scene: &Scene, count: usize) -> Vec<UserId> {
    (0..count).map(|_| scene.stranger()).collect()
}

#[tokio::test]
async fn whoever_makes_a_group_owns_it() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let group = scene.group(ayu, &[budi]).await;
    let seen = scene.groups.group(group, ayu).await.unwrap();
    assert_eq!((seen.name.as_str(), seen.description.as_str()), ("Warung Kopi", "after work"));
    assert_eq!((seen.role, seen.member_count), (Role::Owner, 2));
    assert_eq!((seen.id, seen.created_at), (group, scene.clock.now()));
    assert_eq!(scene.role(group, ayu, budi).await, Some(Role::Member));
    let expected = [
        Event::GroupCreated { name: "Warung Kopi".into(), description: "after work".into() },
        Event::MemberJoined { user: budi, role: Role::Member },
    ];
    assert_eq!(scene.log(group).await, expected);
}

#[tokio::test]
async fn a_group_may_begin_with_its_owner_alone() {
    let scene = Scene::new();
    let ayu = scene.user("ayu").await;
    let group = scene.group(ayu, &[]).await;
    assert_eq!(scene.groups.group(group, ayu).await.unwrap().member_count, 1);
}

#[tokio::test]
async fn the_owner_and_repetitions_among_the_members_are_ignored() {
    let scene = Scene::new();
    let [ayu, budi, citra] = scene.users(["ayu", "budi", "citra"]).await;
    let group = scene.group(ayu, &[citra, ayu, budi, citra, ayu, budi]).await;
    let seen = scene.groups.group(group, ayu).await.unwrap();
    assert_eq!((seen.role, seen.member_count), (Role::Owner, 3));
    let joined: Vec<_> = scene.log(group).await.into_iter().skip(1).collect();
    let role = Role::Member;
    let expected = [citra, budi].map(|user| Event::MemberJoined { user, role });
    assert_eq!(joined, expected);
}

#[tokio::test]
async fn unknown_and_deactivated_members_are_named_and_nothing_is_made() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let (gone, nobody) = (scene.deactivated("gone").await, scene.stranger());
    let refused = scene.groups.create(founding(ayu, &[nobody, budi, gone])).await;
    let Err(CreateGroupError::UsersNotFound(unknown)) = refused else { panic!("{refused:?}") };
    assert_eq!(unknown, [nobody, gone]);

    let mut ports = Mocked::new();
    ports.directory.expect_active().times(1).returning(|_| Ok(Vec::new()));
    let refused = ports.groups().create(founding(ayu, &[budi])).await;
    assert!(matches!(refused, Err(CreateGroupError::UsersNotFound(_))));
}

#[tokio::test]
async fn a_group_is_filled_up_to_its_limit_and_no_further() {
    let scene = Scene::with_limit(3);
    let [ayu, budi, citra, dewi] = scene.users(["ayu", "budi", "citra", "dewi"]).await;
    let refused = scene.groups.create(founding(ayu, &[budi, citra, dewi])).await;
    assert!(matches!(refused, Err(CreateGroupError::TooManyMembers)), "{refused:?}");
    let group = scene.group(ayu, &[budi, citra, ayu, budi]).await;
    assert_eq!(scene.groups.group(group, ayu).await.unwrap().member_count, 3);
}

#[tokio::test]
async fn one_command_names_at_most_a_thousand_users() {
    let scene = Scene::new();
    let ayu = scene.user("ayu").await;
    let too_many = crowd(&scene, Groups::MAX_USERS_A_COMMAND + 1);
    let refused = scene.groups.create(founding(ayu, &too_many)).await;
    assert!(matches!(refused, Err(CreateGroupError::TooManyMembers)), "{refused:?}");
    // One less is looked up, and it is found out that nobody knows them.
    let refused = scene.groups.create(founding(ayu, &too_many[1..])).await;
    assert!(matches!(refused, Err(CreateGroupError::UsersNotFound(_))));
}

#[tokio::test]
async fn a_group_of_too_many_is_refused_before_any_port_is_asked() {
    let (_, owner, _) = some_ids();
    let members = crowd(&Scene::new(), 7);
    let refused = Mocked::new().groups().create(founding(owner, &members)).await;
    assert!(matches!(refused, Err(CreateGroupError::TooManyMembers)));
}

#[tokio::test]
async fn the_store_is_asked_once_by_the_owner_at_the_present_moment() {
    let (_, owner, member) = some_ids();
    let mut ports = Mocked::new();
    ports.know_everybody();
    ports
        .groups
        .expect_create()
        .withf(move |group, act| group.members == [member] && *act == Act { by: owner, at: now() })
        .times(1)
        .returning(|_, _| Ok(()));
    assert!(ports.groups().create(founding(owner, &[member])).await.is_ok());
}

#[tokio::test]
async fn a_failure_makes_no_group_and_says_so() {
    let (_, owner, member) = some_ids();

    let mut ports = Mocked::new();
    ports.directory.expect_active().times(1).returning(|_| overloaded());
    let failed = ports.groups().create(founding(owner, &[member])).await;
    assert!(matches!(failed, Err(CreateGroupError::Port(_))));

    let mut ports = Mocked::new();
    ports.groups.expect_create().times(1).returning(|_, _| overloaded());
    let failed = ports.groups().create(founding(owner, &[])).await;
    assert!(matches!(failed, Err(CreateGroupError::Port(_))));
}
