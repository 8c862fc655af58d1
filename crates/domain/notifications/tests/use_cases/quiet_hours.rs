use kabar_kernel::Clock;
use kabar_notifications::{MinuteOfDay, QuietHours, Rules};

use crate::{
    fixed::FixedClock,
    mocked::{Mocked, overloaded, some_ids},
    scene::{Scene, Told},
};

fn night(zone: &str) -> QuietHours {
    let minute = |text| MinuteOfDay::parse(text).unwrap();
    QuietHours::new(zone, minute("22:00"), minute("07:00")).unwrap()
}

#[tokio::test]
async fn nobody_wants_to_be_left_alone_before_they_say_so() {
    let scene = Scene::new();
    let ayu = scene.user("ayu").await;
    assert_eq!(scene.notifications.quiet_hours(ayu).await.unwrap(), None);
}

#[tokio::test]
async fn quiet_hours_hold_from_now_on_and_the_devices_are_told() {
    let scene = Scene::new();
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    for hours in [Some(night("Asia/Jakarta")), Some(night("Europe/Berlin")), None] {
        scene.notifications.set_quiet_hours(ayu, hours.clone()).await.unwrap();
        assert_eq!(scene.notifications.quiet_hours(ayu).await.unwrap(), hours);
        let rules = Rules { quiet: hours, ..Rules::default() };
        assert_eq!(scene.notifications.rules(ayu).await.unwrap(), rules);
        assert_eq!(scene.heard.take(), [Told::Rules(ayu, rules)]);
        assert_eq!(scene.notifications.quiet_hours(budi).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_rules_are_those_of_this_moment() {
    let (_, user) = some_ids();
    let mut ports = Mocked::new();
    let now = FixedClock::new().now();
    ports.preferences.expect_set_quiet_hours().times(1).returning(|_, _| Ok(()));
    ports
        .preferences
        .expect_rules()
        .withf(move |of, at| (*of, *at) == (user, now))
        .times(2)
        .returning(|_, _| Ok(Rules::default()));
    ports.feed.expect_rules().times(1).return_const(());
    ports.notifications().set_quiet_hours(user, None).await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_tells_nobody() {
    let (_, user) = some_ids();
    let mut ports = Mocked::new();
    ports.preferences.expect_quiet_hours().times(1).returning(|_| overloaded());
    ports.preferences.expect_set_quiet_hours().times(1).returning(|_, _| overloaded());
    ports.preferences.expect_rules().times(1).returning(|_, _| overloaded());
    let notifications = ports.notifications();
    assert!(notifications.quiet_hours(user).await.is_err());
    assert!(notifications.set_quiet_hours(user, None).await.is_err());
    assert!(notifications.rules(user).await.is_err());
}
