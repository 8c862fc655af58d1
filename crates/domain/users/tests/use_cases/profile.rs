use kabar_kernel::{IdSource, PageSize, UserId};
use kabar_users::{DisplayName, ProfileChange, ProfileError, SearchUsers, ports::UserStore};

use crate::{
    mocked::{Mocked, ayu, overloaded},
    scene::{Scene, username},
};

fn rename(name: &str) -> ProfileChange {
    ProfileChange { display_name: Some(DisplayName::parse(name).unwrap()) }
}

fn search(prefix: &str, after: Option<&str>, size: u16) -> SearchUsers {
    SearchUsers {
        prefix: prefix.to_owned(),
        after: after.map(username),
        size: PageSize::new(size).unwrap(),
    }
}

async fn found(scene: &Scene, query: SearchUsers) -> Vec<String> {
    let page = scene.accounts.search(query).await.unwrap();
    page.items.into_iter().map(|user| user.username.to_string()).collect()
}

#[tokio::test]
async fn a_profile_is_found_by_its_id() {
    let scene = Scene::new();
    let made = scene.register("ayu").await;
    assert_eq!(scene.accounts.profile(made.user.id).await.unwrap(), made.user);
}

#[tokio::test]
async fn an_unknown_profile_is_not_found() {
    let scene = Scene::new();
    let nobody = UserId::new(scene.ids.next_id());
    let shown = scene.accounts.profile(nobody).await;
    assert!(matches!(shown, Err(ProfileError::NotFound)), "{shown:?}");
    let changed = scene.accounts.change_profile(nobody, rename("Nobody")).await;
    assert!(matches!(changed, Err(ProfileError::NotFound)), "{changed:?}");
}

#[tokio::test]
async fn a_deactivated_profile_is_not_found() {
    let scene = Scene::new();
    let gone = scene.deactivated("ayu").await;
    let shown = scene.accounts.profile(gone).await;
    assert!(matches!(shown, Err(ProfileError::NotFound)), "{shown:?}");
}

#[tokio::test]
async fn a_deactivated_profile_is_not_changed() {
    let scene = Scene::new();
    let gone = scene.deactivated("ayu").await;
    let changed = scene.accounts.change_profile(gone, rename("Still here")).await;
    assert!(matches!(changed, Err(ProfileError::NotFound)), "{changed:?}");
    let kept = UserStore::by_id(&*scene.store, gone).await.unwrap().unwrap();
    assert_eq!(kept.display_name.as_str(), "ayu");
}

#[tokio::test]
async fn a_changed_profile_is_what_others_see() {
    let scene = Scene::new();
    let user = scene.register("ayu").await.user.id;
    let changed = scene.accounts.change_profile(user, rename("Ayu 🌺")).await.unwrap();
    assert_eq!(changed.display_name.as_str(), "Ayu 🌺");
    assert_eq!(scene.accounts.profile(user).await.unwrap(), changed);
}

#[tokio::test]
async fn a_change_that_names_nothing_changes_nothing() {
    let scene = Scene::new();
    let user = scene.register("ayu").await.user;
    let changed = scene.accounts.change_profile(user.id, ProfileChange::default()).await.unwrap();
    assert_eq!(changed, user);
}

#[tokio::test]
async fn a_search_finds_by_the_beginning_of_the_name_in_any_spelling() {
    let scene = Scene::new();
    for name in ["sayu", "ayu2", "ayu", "budi", "ayu.lestari"] {
        scene.register(name).await;
    }
    for prefix in ["ayu", "AYU", "ａＹu"] {
        let names = found(&scene, search(prefix, None, 10)).await;
        assert_eq!(names, ["ayu", "ayu.lestari", "ayu2"], "{prefix}");
    }
    assert!(found(&scene, search("ay_", None, 10)).await.is_empty());
    assert!(found(&scene, search("%", None, 10)).await.is_empty());
}

#[tokio::test]
async fn a_search_goes_on_after_the_last_name_of_the_page_before() {
    let scene = Scene::new();
    for name in ["ayu1", "ayu2", "ayu3"] {
        scene.register(name).await;
    }
    let first = scene.accounts.search(search("ayu", None, 2)).await.unwrap();
    assert_eq!((first.items.len(), first.has_more), (2, true));
    let rest = scene.accounts.search(search("ayu", Some("ayu2"), 2)).await.unwrap();
    let names: Vec<&str> = rest.items.iter().map(|user| user.username.as_str()).collect();
    assert_eq!((names, rest.has_more), (vec!["ayu3"], false));
}

#[tokio::test]
async fn a_search_hides_deactivated_accounts() {
    let scene = Scene::new();
    scene.register("ayu1").await;
    scene.deactivated("ayu2").await;
    assert_eq!(found(&scene, search("ayu", None, 10)).await, ["ayu1"]);
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_unknown_account() {
    let mut ports = Mocked::new();
    ports.users.expect_by_id().times(1).returning(|_| overloaded());
    ports.users.expect_by_id().times(1).returning(|_| Ok(Some(ayu())));
    ports.users.expect_change_profile().times(1).returning(|_, _| overloaded());
    ports.users.expect_search().times(1).returning(|_, _, _| overloaded());
    let accounts = ports.accounts();
    assert!(matches!(accounts.profile(ayu().id).await, Err(ProfileError::Port(_))));
    let changed = accounts.change_profile(ayu().id, rename("Ayu")).await;
    assert!(matches!(changed, Err(ProfileError::Port(_))));
    assert!(accounts.search(search("ayu", None, 10)).await.is_err());
}
