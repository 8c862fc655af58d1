//! `PreferenceStore`.

use std::{collections::HashMap, time::Duration};

use kabar_kernel::ConversationId;
use kabar_notifications::{Level, MinuteOfDay, Preferences, QuietHours, Rules};

use crate::{Stores, scene::Scene};

const DEFAULT: Preferences = Preferences { level: None, muted_until: None };

fn quiet(zone: &str, from: &str, to: &str) -> QuietHours {
    let minute = |text| MinuteOfDay::parse(text).unwrap();
    QuietHours::new(zone, minute(from), minute(to)).unwrap()
}

/// What was set for a conversation is what is read; before anything was, the defaults are.
pub async fn preferences_read_back_as_they_were_set(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let group = scene.group(ayu, &[budi]).await;
    let get =
        async |conversation, user| scene.preferences.preferences(conversation, user).await.unwrap();
    for conversation in [direct, group] {
        assert_eq!(get(conversation, ayu).await, Some(DEFAULT));
        let moment = Some(scene.now());
        for (level, muted_until) in [
            (Some(Level::None), None),
            (Some(Level::Mentions), moment),
            (None, moment),
            (Some(Level::All), None),
            (None, None),
            (Some(Level::All), moment),
        ] {
            let preferences = Preferences { level, muted_until };
            assert!(
                scene.preferences.set_preferences(conversation, ayu, preferences).await.unwrap()
            );
            assert_eq!(get(conversation, ayu).await, Some(preferences));
        }
        assert_eq!(get(conversation, budi).await, Some(DEFAULT), "somebody else's");
    }
    // What happens in the conversation changes nothing of it.
    let before = get(group, ayu).await;
    scene.say(group, budi).await;
    scene.mark_read(group, ayu, 1).await;
    assert_eq!(get(group, ayu).await, before);
}

/// `None` and `false` for whoever is not a member; who leaves and comes back finds the defaults.
pub async fn preferences_are_of_members_and_end_with_the_membership(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let loud = Preferences { level: Some(Level::All), muted_until: Some(scene.now()) };
    let store = &scene.preferences;
    assert!(store.set_preferences(group, people[1], loud).await.unwrap());
    scene.remove(group, people[1], people[1]).await;
    for (conversation, user) in [(group, people[1]), (group, people[2]), (scene.id(), people[0])] {
        assert_eq!(store.preferences(conversation, user).await.unwrap(), None);
        assert!(!store.set_preferences(conversation, user, loud).await.unwrap());
    }
    scene.add(group, &people[1..], people[0]).await;
    for user in &people[1..] {
        assert_eq!(store.preferences(group, *user).await.unwrap(), Some(DEFAULT));
        assert_eq!(store.rules(*user, scene.now()).await.unwrap(), Rules::default());
    }
}

/// Quiet hours read back as they were set, until they are ended.
pub async fn quiet_hours_read_back_as_they_were_set(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let store = &scene.preferences;
    assert_eq!(store.quiet_hours(ayu).await.unwrap(), None);
    for hours in [
        Some(quiet("Asia/Jakarta", "22:00", "06:30")),
        Some(quiet("America/Argentina/Buenos_Aires", "00:00", "23:59")),
        None,
        Some(quiet("UTC", "12:00", "13:00")),
    ] {
        store.set_quiet_hours(ayu, hours.clone()).await.unwrap();
        assert_eq!(store.quiet_hours(ayu).await.unwrap(), hours);
        let rules = store.rules(ayu, scene.now()).await.unwrap();
        assert_eq!(rules, Rules { quiet: hours, conversations: HashMap::new() });
    }
    assert_eq!(store.quiet_hours(budi).await.unwrap(), None, "somebody else's");
}

/// `rules` answers everything that was set and holds at that moment: no defaults, no mute that is over.
pub async fn rules_are_what_was_set_and_still_holds(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let me = people[0];
    let now = scene.now();
    let (past, later) = (now.before(Duration::from_secs(1)), now.after(Duration::from_secs(60)));
    let direct = scene.direct(me, people[1]).await;
    let mut groups: Vec<ConversationId> = Vec::new();
    for _ in 0..6 {
        groups.push(scene.group(me, &people[1..]).await);
    }
    let left = scene.group(people[1], &[me]).await;
    let set = async |conversation, level, muted_until| {
        let preferences = Preferences { level, muted_until };
        assert!(scene.preferences.set_preferences(conversation, me, preferences).await.unwrap());
        (conversation, preferences)
    };
    let kept = [
        set(direct, Some(Level::None), None).await,
        set(groups[0], Some(Level::All), Some(later)).await,
        set(groups[1], None, Some(later)).await,
        // What a kind of conversation has by itself is a decision too, once it was made.
        set(groups[2], Some(Level::Mentions), None).await,
    ];
    set(groups[3], None, Some(past)).await;
    set(groups[4], None, Some(now)).await;
    set(groups[5], Some(Level::All), None).await;
    set(groups[5], None, None).await;
    set(left, Some(Level::None), None).await;
    scene.remove(left, me, me).await;
    let hours = quiet("Asia/Jakarta", "22:00", "06:30");
    scene.preferences.set_quiet_hours(me, Some(hours.clone())).await.unwrap();
    let expected = Rules { quiet: Some(hours), conversations: kept.into_iter().collect() };
    assert_eq!(scene.preferences.rules(me, now).await.unwrap(), expected);
    // Later there is less, and the level is what is left of the first group's.
    let rules = scene.preferences.rules(me, later).await.unwrap();
    let mut left: Vec<_> = rules.conversations.keys().copied().collect();
    left.sort_unstable();
    assert_eq!(left, [direct, groups[0], groups[2]]);
    assert_eq!(rules.conversations[&groups[0]].level, Some(Level::All));
    assert_eq!(scene.preferences.rules(people[1], now).await.unwrap(), Rules::default());
    assert_eq!(scene.preferences.rules(scene.id(), now).await.unwrap(), Rules::default());
}
