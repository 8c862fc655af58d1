//! Passwords: the laws of the hasher, on argon2id.

#![expect(clippy::unwrap_used, reason = "a test whose scene cannot be set has to fail")]

use std::{
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use kabar_credentials::{ArgonPasswordHasher, ArgonSettings};
use kabar_kernel::SystemSecrets;
use kabar_users::{
    Password,
    ports::{HashedPassword, PasswordHasher as _, Verdict},
};

/// As weak as argon2 allows, where a test is not about the cost.
fn weak() -> ArgonSettings {
    ArgonSettings { memory_kib: 8, passes: 1, ..ArgonSettings::default() }
}

fn hasher(settings: ArgonSettings) -> ArgonPasswordHasher {
    ArgonPasswordHasher::new(settings, Arc::new(SystemSecrets)).unwrap()
}

fn password(text: &str) -> Password {
    Password::attempt(text.to_owned()).unwrap()
}

#[tokio::test]
async fn a_hash_verifies_with_its_password_and_with_no_other() {
    let hasher = hasher(weak());
    let long = "x".repeat(1_024);
    let cases = ["correct horse", "päßwörd 🌺", "with\0nul after", "with\0nul", &long, ""];
    for text in cases {
        let hash = hasher.hash(&password(text)).await.unwrap();
        for other in cases {
            let verdict = hasher.verify(&password(other), Some(hash.clone())).await.unwrap();
            let expected = if other == text { Verdict::Match } else { Verdict::Mismatch };
            assert_eq!(verdict, expected, "{other:.20} against {text:.20}");
        }
    }
}

#[tokio::test]
async fn passwords_that_share_their_first_72_bytes_differ() {
    let hasher = hasher(weak());
    let (one, other) = (format!("{}1", "x".repeat(72)), format!("{}2", "x".repeat(72)));
    let hash = hasher.hash(&password(&one)).await.unwrap();
    assert_eq!(hasher.verify(&password(&other), Some(hash)).await.unwrap(), Verdict::Mismatch);
}

#[tokio::test]
async fn two_hashes_of_one_password_differ() {
    let hasher = hasher(weak());
    let one = hasher.hash(&password("correct horse")).await.unwrap();
    assert_ne!(one, hasher.hash(&password("correct horse")).await.unwrap());
}

#[tokio::test]
async fn the_default_cost_is_what_the_hash_says() {
    let hash = hasher(ArgonSettings::default()).hash(&password("correct horse")).await.unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
    let parts: Vec<_> = hash.as_str().split('$').collect();
    // 16 bytes of salt and 32 of hash, in base64.
    assert_eq!((parts[4].len(), parts[5].len()), (22, 43));
}

#[tokio::test]
async fn a_hash_of_another_implementation_is_read() {
    // From the tests of the reference implementation (test.c, argon2id, version 0x13).
    let hash = HashedPassword::new(
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$\
         nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
            .to_owned(),
    );
    let verdict = hasher(weak()).verify(&password("password"), Some(hash.clone())).await.unwrap();
    assert_eq!(verdict, Verdict::MatchOutdated);
    let verdict = hasher(weak()).verify(&password("Password"), Some(hash)).await.unwrap();
    assert_eq!(verdict, Verdict::Mismatch);
}

#[tokio::test]
async fn a_hash_of_other_parameters_matches_as_outdated() {
    let stronger = ArgonSettings { passes: 2, ..weak() };
    let hash = hasher(weak()).hash(&password("correct horse")).await.unwrap();
    let hasher = hasher(stronger);
    let verdict = hasher.verify(&password("correct horse"), Some(hash.clone())).await.unwrap();
    assert_eq!(verdict, Verdict::MatchOutdated);
    let verdict = hasher.verify(&password("wrong horse"), Some(hash)).await.unwrap();
    assert_eq!(verdict, Verdict::Mismatch);
}

#[tokio::test]
async fn nobody_has_no_password_and_waits_in_the_same_queue() {
    let hasher = hasher(ArgonSettings {
        at_once: NonZeroUsize::MIN,
        queue: 0,
        memory_kib: 64 * 1024,
        ..ArgonSettings::default()
    });
    let attempt = password("correct horse");
    assert_eq!(hasher.verify(&attempt, None).await.unwrap(), Verdict::Mismatch);
    let (one, other) = tokio::join!(hasher.verify(&attempt, None), hasher.verify(&attempt, None));
    assert_eq!(one.unwrap(), Verdict::Mismatch);
    assert!(other.unwrap_err().transient);
}

#[tokio::test]
async fn a_text_that_is_no_hash_is_a_failure_and_no_verdict() {
    let hasher = hasher(weak());
    for wrong in ["", "plain", "$argon2id$v=19$m=8,t=1,p=1", "$2b$12$abcdefghijklmnopqrstuv"] {
        let hash = HashedPassword::new(wrong.to_owned());
        let error = hasher.verify(&password("plain"), Some(hash)).await.unwrap_err();
        assert!(!error.transient, "{wrong}");
    }
}

#[tokio::test]
async fn whoever_finds_the_queue_full_is_turned_away_at_once() {
    let hasher = hasher(ArgonSettings {
        at_once: NonZeroUsize::MIN,
        queue: 2,
        memory_kib: 64 * 1024,
        ..ArgonSettings::default()
    });
    let attempt = password("correct horse");
    let answers = futures(&hasher, &attempt).await;
    let turned_away = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((answers.len(), turned_away), (5, 2));
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.transient));
    // And afterwards there is room again.
    assert!(hasher.hash(&attempt).await.is_ok());
}

#[tokio::test]
async fn a_hash_whose_caller_has_gone_still_counts_as_running() {
    let hasher = hasher(ArgonSettings {
        at_once: NonZeroUsize::MIN,
        queue: 0,
        memory_kib: 64 * 1024,
        ..ArgonSettings::default()
    });
    let attempt = password("correct horse");
    tokio::select! {
        biased;
        _ = hasher.hash(&attempt) => panic!("a hash of 64 MiB was done at once"),
        () = std::future::ready(()) => {}
    }
    assert!(hasher.hash(&attempt).await.unwrap_err().transient);
    let deadline = Instant::now() + Duration::from_secs(60);
    while hasher.hash(&attempt).await.is_err() {
        assert!(Instant::now() < deadline, "the hash that was begun never ended");
        tokio::task::yield_now().await;
    }
}

/// Five hashes begun at the same moment.
async fn futures(
    hasher: &ArgonPasswordHasher,
    attempt: &Password,
) -> Vec<kabar_kernel::PortResult<HashedPassword>> {
    let (a, b, c, d, e) = tokio::join!(
        hasher.hash(attempt),
        hasher.hash(attempt),
        hasher.hash(attempt),
        hasher.hash(attempt),
        hasher.hash(attempt)
    );
    vec![a, b, c, d, e]
}

#[test]
fn a_cost_that_argon2_does_not_allow_is_refused() {
    for settings in [
        ArgonSettings { memory_kib: 7, ..ArgonSettings::default() },
        ArgonSettings { passes: 0, ..ArgonSettings::default() },
        ArgonSettings { lanes: 0, ..ArgonSettings::default() },
    ] {
        assert!(ArgonPasswordHasher::new(settings, Arc::new(SystemSecrets)).is_err());
    }
}
