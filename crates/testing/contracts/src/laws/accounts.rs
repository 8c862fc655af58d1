//! `UserStore`, `CredentialStore`, `People` and `Directory`.

use std::{collections::BTreeSet, sync::Arc};

use kabar_users::{DisplayName, ProfileChange, User, Username, ports::CreateUser};

use crate::{
    Stores,
    scene::{Scene, at_once, hash, page},
};

/// What `create` was given is what every read answers.
pub async fn an_account_reads_back_as_it_was_created(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.account("ayu.lestari");
    assert_eq!(scene.users.create(&ayu, &hash("first")).await.unwrap(), CreateUser::Created);
    let budi = scene.user("budi").await;
    assert_eq!(scene.users.by_id(ayu.id).await.unwrap(), Some(ayu.clone()));
    assert_eq!(scene.users.by_username(&ayu.username).await.unwrap(), Some(ayu.clone()));
    assert_ne!(budi, ayu.id);
    assert_eq!(scene.users.by_id(scene.id()).await.unwrap(), None);
    let unknown = Username::parse("nobody").unwrap();
    assert_eq!(scene.users.by_username(&unknown).await.unwrap(), None);
}

/// Of any number of concurrent `create` with one username exactly one is `Created`.
pub async fn of_racing_registrations_of_one_username_one_wins(stores: Stores) {
    let scene = Scene::on(stores);
    let outcomes = at_once((0..20).map(|_| {
        let (scene, user) = (Arc::clone(&scene), scene.account("ayu"));
        async move { (user.id, scene.users.create(&user, &hash("first")).await.unwrap()) }
    }))
    .await;
    let won: Vec<_> =
        outcomes.iter().filter(|(_, outcome)| *outcome == CreateUser::Created).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    let stored = scene.users.by_username(&Username::parse("ayu").unwrap()).await.unwrap();
    assert_eq!(stored.map(|user| user.id), Some(won[0].0));
}

/// `UsernameTaken`: nothing was stored, neither the account nor the hash.
pub async fn a_refused_registration_leaves_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    scene.user("ayu").await;
    let second = scene.account("AYU");
    let outcome = scene.users.create(&second, &hash("second")).await.unwrap();
    assert_eq!(outcome, CreateUser::UsernameTaken);
    assert_eq!(scene.users.by_id(second.id).await.unwrap(), None);
    assert_eq!(scene.credentials.password_hash(second.id).await.unwrap(), None);
    let all = scene.users.search("ayu", None, page(10)).await.unwrap();
    assert_eq!(all.items.len(), 1);
}

/// `by_ids` answers the accounts that exist, each once.
pub async fn accounts_are_found_by_many_ids_each_once(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(5).await;
    let asked = [people[0], scene.id(), people[3], people[0], people[4]];
    let found = scene.users.by_ids(&asked).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|user| user.id).collect();
    found.sort();
    assert_eq!(found, [people[0], people[3], people[4]]);
    assert_eq!(scene.users.by_ids(&[]).await.unwrap(), []);
}

/// `change_profile` answers the changed account; `None` for an unknown one.
pub async fn a_profile_change_changes_what_it_names(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let before = scene.users.by_id(ayu).await.unwrap().unwrap();
    let name = DisplayName::parse("Ayu L.").unwrap();
    let change = ProfileChange { display_name: Some(name.clone()) };
    let expected = User { display_name: name, ..before };
    let changed = scene.users.change_profile(ayu, &change).await.unwrap();
    assert_eq!(changed.as_ref(), Some(&expected));
    assert_eq!(scene.users.by_id(ayu).await.unwrap().as_ref(), Some(&expected));
    let unchanged = scene.users.change_profile(ayu, &ProfileChange::default()).await.unwrap();
    assert_eq!(unchanged.as_ref(), Some(&expected), "a change of nothing changes nothing");
    let other = scene.users.by_id(budi).await.unwrap().unwrap();
    assert_ne!(other.display_name, expected.display_name, "somebody else was changed");
    assert_eq!(scene.users.change_profile(scene.id(), &change).await.unwrap(), None);
}

/// `search` answers accounts whose username starts with the prefix, by username: in the order of
/// [`Username`], which is that of its bytes, whatever the collation of a database thinks.
pub async fn search_answers_by_prefix_in_the_order_of_usernames(stores: Stores) {
    let scene = Scene::on(stores);
    let names = ["ayu_b", "ayu.a", "ayub", "ayu-c", "ayu1", "ayua", "budi", "ay_", "b-ayu"];
    for name in names {
        scene.user(name).await;
    }
    let found = search(&scene, "ayu", None).await;
    let mut expected: Vec<_> = names.into_iter().filter(|name| name.starts_with("ayu")).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(search(&scene, "", None).await.len(), names.len());
    assert_eq!(search(&scene, "ayub", None).await, ["ayub"], "the prefix is a name itself");
    assert_eq!(search(&scene, "zaid", None).await, [""; 0]);
    let after = Username::parse("ayu1").unwrap();
    assert_eq!(search(&scene, "ayu", Some(after)).await, ["ayu_b", "ayua", "ayub"]);
}

/// Wildcard characters of the database have no meaning in the prefix.
pub async fn search_takes_wildcards_of_the_database_literally(stores: Stores) {
    let scene = Scene::on(stores);
    for name in ["a_b", "axb", "a.b"] {
        scene.user(name).await;
    }
    assert_eq!(search(&scene, "a_", None).await, ["a_b"]);
    for pattern in ["%", "a%", "_", "[a]", "*", "a?b", "\\", "a\\_", "'", "a.*"] {
        assert_eq!(search(&scene, pattern, None).await, [""; 0], "{pattern:?} matched");
    }
}

/// Each page of `search` goes on after the cursor.
pub async fn search_pages_without_repeat_or_omission(stores: Stores) {
    let scene = Scene::on(stores);
    for number in 0..23 {
        scene.user(&format!("ayu{number:02}")).await;
    }
    scene.user("ayv").await;
    for size in [1, 5, 22, 23, 24] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let found = scene.users.search("ayu", after.clone(), page(size)).await.unwrap();
            assert!(found.items.iter().all(|user| Some(&user.username) != after.as_ref()));
            assert!(found.items.len() <= usize::from(size), "more than was asked for");
            seen.extend(found.items.iter().map(|user| user.username.clone()));
            after = seen.last().cloned();
            if !found.has_more {
                break;
            }
            assert_eq!(found.items.len(), usize::from(size), "a page in the middle is full");
        }
        assert_eq!(seen.len(), 23, "pages of {size}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 23, "pages of {size}");
    }
}

async fn search(scene: &Scene, prefix: &str, after: Option<Username>) -> Vec<String> {
    let found = scene.users.search(prefix, after, page(100)).await.unwrap();
    assert!(!found.has_more);
    found.items.into_iter().map(|user| user.username.to_string()).collect()
}

/// `password_hash` answers what `create` of the user store or the last `replace` wrote.
pub async fn a_password_hash_reads_back_as_it_was_written(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let (first, second) = (hash("first"), hash("second"));
    assert_eq!(scene.credentials.password_hash(ayu).await.unwrap(), Some(first.clone()));
    assert!(!scene.credentials.replace(ayu, &second, &hash("third")).await.unwrap());
    assert_eq!(scene.credentials.password_hash(ayu).await.unwrap(), Some(first.clone()));
    assert!(scene.credentials.replace(ayu, &first, &second).await.unwrap());
    assert_eq!(scene.credentials.password_hash(ayu).await.unwrap(), Some(second.clone()));
    assert_eq!(scene.credentials.password_hash(budi).await.unwrap(), Some(first.clone()));
    assert_eq!(scene.credentials.password_hash(scene.id()).await.unwrap(), None);
    assert!(!scene.credentials.replace(scene.id(), &first, &second).await.unwrap());
}

/// `replace` changes nothing unless `expected` is what is stored: of racing ones one wins.
pub async fn of_racing_password_replacements_one_wins(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let outcomes = at_once((0..20).map(|number| {
        let scene = Arc::clone(&scene);
        async move {
            let new = hash(&format!("new{number}"));
            let won = scene.credentials.replace(ayu, &hash("first"), &new).await.unwrap();
            won.then_some(new)
        }
    }))
    .await;
    let won: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(scene.credentials.password_hash(ayu).await.unwrap(), won.into_iter().next());
}

/// `active` is true exactly for accounts that exist and are not deactivated; of many it answers
/// those, each once.
pub async fn only_existing_active_accounts_may_be_talked_to(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let mut gone = scene.account("gone");
    gone.deactivated_at = Some(scene.now());
    scene.users.create(&gone, &hash("first")).await.unwrap();
    let unknown = scene.id();
    assert!(scene.people.active(ayu).await.unwrap());
    assert!(!scene.people.active(gone.id).await.unwrap());
    assert!(!scene.people.active(unknown).await.unwrap());
    let asked = [gone.id, ayu, unknown, ayu];
    assert_eq!(scene.directory.active(&asked).await.unwrap(), [ayu]);
    assert_eq!(scene.directory.active(&[]).await.unwrap(), []);
}
