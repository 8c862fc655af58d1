//! The keys: made once, kept, closed to others.

#![expect(clippy::unwrap_used, reason = "a test whose scene cannot be set has to fail")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use kabar_credentials::{HmacRefreshSecrets, JwtAccessTokens, KeyRing, KeyRingError};
use kabar_kernel::{
    Clock as _, IdSource as _, SessionId, SystemClock, SystemIds, SystemSecrets, UserId,
};
use kabar_users::{
    AccessClaims, AccessToken, RefreshSecret,
    ports::{AccessTokens as _, RefreshSecrets as _, TokenRejected},
};

fn open(folder: &Path) -> Result<KeyRing, KeyRingError> {
    KeyRing::open(folder, &SystemIds, &SystemSecrets)
}

fn tokens(ring: KeyRing) -> JwtAccessTokens {
    JwtAccessTokens::new(
        Arc::new(ring),
        "iss".into(),
        "aud".into(),
        Arc::new(SystemClock),
        Arc::new(SystemIds),
    )
}

fn issue(tokens: &JwtAccessTokens) -> AccessToken {
    let now = SystemClock.now();
    let claims = AccessClaims {
        user: UserId::new(SystemIds.next_id()),
        session: SessionId::new(SystemIds.next_id()),
        issued_at: now,
        expires_at: now.after(Duration::from_secs(600)),
    };
    tokens.issue(&claims).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn keys_are_made_once_and_found_again() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("not/there/yet");
    let first = open(&folder).unwrap();
    let made = files(&folder);
    let secret = RefreshSecret::new([1; 32]);
    let successor = HmacRefreshSecrets::new(&first).successor(&secret);
    let token = issue(&tokens(first));

    let second = open(&folder).unwrap();
    assert_eq!(files(&folder), made);
    assert_eq!(HmacRefreshSecrets::new(&second).successor(&secret), successor);
    assert!(tokens(second).verify(token.as_str()).is_ok());
}

#[test]
fn nobody_else_may_read_what_was_made() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("keys");
    open(&folder).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(files(&folder).len(), 2);
    for file in files(&folder) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    for exposed in [0o640, 0o604, 0o620, 0o602, 0o644] {
        let data = tempfile::tempdir().unwrap();
        open(data.path()).unwrap();
        for file in files(data.path()) {
            fs::set_permissions(&file, fs::Permissions::from_mode(exposed)).unwrap();
            let Err(error) = open(data.path()) else { panic!("{exposed:o} was accepted") };
            let said = error.to_string();
            assert!(said.contains("chmod 600") && said.contains(file.to_str().unwrap()), "{said}");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        open(data.path()).unwrap();
    }
}

#[test]
fn a_file_that_holds_no_key_is_refused_and_kept() {
    for wrong in [&b""[..], b"not a key", &[0; 31], &[0; 33], &[0x30; 5000]] {
        let data = tempfile::tempdir().unwrap();
        open(data.path()).unwrap();
        for file in files(data.path()) {
            let key = fs::read(&file).unwrap();
            fs::write(&file, wrong).unwrap();
            let Err(error) = open(data.path()) else { panic!("{wrong:?} was accepted") };
            assert!(matches!(error, KeyRingError::Malformed { .. }), "{error}");
            assert_eq!(fs::read(&file).unwrap(), wrong);
            fs::write(&file, key).unwrap();
        }
    }
}

#[test]
fn the_newest_key_signs_and_older_ones_verify_until_they_are_deleted() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path();
    let old = tokens(open(folder).unwrap());
    let of_old = issue(&old);

    // A second key, made as the first one was, and put beside it.
    let elsewhere = tempfile::tempdir().unwrap();
    open(elsewhere.path()).unwrap();
    let new_key = files(elsewhere.path()).remove(0);
    let old_key = files(folder).remove(0);
    fs::copy(&new_key, folder.join(new_key.file_name().unwrap())).unwrap();

    let ring = open(folder).unwrap();
    let jwks = ring.jwks();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    let newest = new_key.file_stem().unwrap().to_str().unwrap();
    assert_eq!(jwks["keys"][0]["kid"], newest);
    let both = tokens(ring);
    let of_new = issue(&both);
    assert!(both.verify(of_old.as_str()).is_ok());
    assert!(both.verify(of_new.as_str()).is_ok());
    assert_eq!(old.verify(of_new.as_str()), Err(TokenRejected::Invalid));

    fs::remove_file(old_key).unwrap();
    let only_new = tokens(open(folder).unwrap());
    assert!(only_new.verify(of_new.as_str()).is_ok());
    assert_eq!(only_new.verify(of_old.as_str()), Err(TokenRejected::Invalid));
}

#[test]
fn the_jwk_set_holds_public_keys_only() {
    let data = tempfile::tempdir().unwrap();
    let jwks = open(data.path()).unwrap().jwks();
    let key = jwks["keys"][0].as_object().unwrap();
    let mut members: Vec<_> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!((&key["kty"], &key["crv"]), (&"OKP".into(), &"Ed25519".into()));
    assert_eq!(key["x"].as_str().unwrap().len(), 43);
}

#[test]
fn processes_that_start_at_once_share_one_key() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("keys");
    let rings: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&folder).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let first = rings[0].jwks();
    assert!(rings.iter().all(|ring| ring.jwks() == first));
    assert_eq!(files(&folder).len(), 2);
}

#[test]
fn what_a_crash_left_half_written_is_cleared_away() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("refresh.key.unfinished"), [1; 7]).unwrap();
    fs::write(data.path().join("0190.pk8.unfinished"), []).unwrap();
    open(data.path()).unwrap();
    let names: Vec<_> = files(data.path());
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_successor_needs_the_servers_key() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ours = HmacRefreshSecrets::new(&open(one.path()).unwrap());
    let theirs = HmacRefreshSecrets::new(&open(other.path()).unwrap());
    let (secret, another) = (RefreshSecret::new([1; 32]), RefreshSecret::new([2; 32]));
    assert_eq!(ours.successor(&secret), ours.successor(&secret));
    assert_ne!(ours.successor(&secret), ours.successor(&another));
    assert_ne!(ours.successor(&secret), theirs.successor(&secret));
    assert_ne!(ours.digest(&secret), ours.digest(&another));
    assert_eq!(ours.digest(&secret), theirs.digest(&secret));
    assert_ne!(ours.digest(&secret).as_bytes(), ours.successor(&secret).as_bytes());
}

#[test]
fn a_digest_is_sha_256_and_a_successor_hmac_sha_256() {
    let data = tempfile::tempdir().unwrap();
    open(data.path()).unwrap();
    fs::write(data.path().join("refresh.key"), [0x0b; 32]).unwrap();
    let secrets = HmacRefreshSecrets::new(&open(data.path()).unwrap());
    let secret = RefreshSecret::new([0xaa; 32]);

    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &[0x0b; 32]);
    let message = [&b"kabar refresh successor"[..], &[0xaa; 32]].concat();
    let expected = aws_lc_rs::hmac::sign(&key, &message);
    assert_eq!(secrets.successor(&secret).as_bytes(), expected.as_ref());

    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &[0xaa; 32]);
    assert_eq!(secrets.digest(&secret).as_bytes(), expected.as_ref());
}
