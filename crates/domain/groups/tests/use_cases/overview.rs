use std::time::Duration;

use kabar_groups::{AddMembers, GroupError, ports::MemberCursor};
use kabar_kernel::{PageSize, Role};

use crate::{
    mocked::{Mocked, overloaded, some_ids},
    scene::Scene,
};

#[tokio::test]
async fn each_member_sees_the_group_with_their_own_role() {
    let scene = Scene::new();
    let (group, users) = scene.governed().await;
    let roles = [Role::Owner, Role::Admin, Role::Moderator, Role::Member];
    for (user, role) in users.into_iter().zip(roles) {
        let seen = scene.groups.group(group, user).await.unwrap();
        assert_eq!((seen.role, seen.member_count), (role, 4));
    }
}

#[tokio::test]
async fn members_are_listed_page_by_page_in_the_order_they_joined() {
    let scene = Scene::new();
    let [ayu, budi] = scene.users(["ayu", "budi"]).await;
    let group = scene.group(budi, &[]).await;
    scene.clock.advance(Duration::from_secs(1));
    let command = AddMembers { group, actor: budi, users: vec![ayu] };
    scene.groups.add_members(command).await.unwrap();
    let one = PageSize::new(1).unwrap();
    let first = scene.groups.members(group, ayu, None, one).await.unwrap();
    assert!(first.has_more);
    let last = first.items[0];
    assert_eq!((last.user, last.role), (budi, Role::Owner));
    let after = MemberCursor { joined_at: last.joined_at, user: last.user };
    let rest = scene.groups.members(group, ayu, Some(after), one).await.unwrap();
    assert_eq!((rest.items[0].user, rest.has_more), (ayu, false));
}

#[tokio::test]
async fn a_stranger_sees_neither_the_group_nor_its_members() {
    let scene = Scene::new();
    let (group, [owner, ..]) = scene.governed().await;
    let eve = scene.user("eve").await;
    for (group, reader) in [(group, eve), (scene.nowhere(), owner)] {
        let seen = scene.groups.group(group, reader).await;
        assert!(matches!(seen, Err(GroupError::NotFound)), "{seen:?}");
        let seen = scene.groups.members(group, reader, None, PageSize::DEFAULT).await;
        assert!(matches!(seen, Err(GroupError::NotFound)), "{seen:?}");
    }
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_group() {
    let mut ports = Mocked::new();
    ports.groups.expect_by_id().times(1).returning(|_, _| overloaded());
    ports.groups.expect_members().times(1).returning(|_, _, _, _| overloaded());
    let groups = ports.groups();
    let (group, reader, _) = some_ids();
    assert!(matches!(groups.group(group, reader).await, Err(GroupError::Port(_))));
    let seen = groups.members(group, reader, None, PageSize::DEFAULT).await;
    assert!(matches!(seen, Err(GroupError::Port(_))));
}
