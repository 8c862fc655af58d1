//! Access tokens: what was issued verifies, and nothing else does (SECURITY, "Session").

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test whose scene cannot be set has to fail"
)]

use std::{
    fs,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{hmac, signature::Ed25519KeyPair};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kabar_credentials::{JwtAccessTokens, KeyRing};
use kabar_kernel::{Clock, IdSource as _, SessionId, SystemIds, SystemSecrets, Timestamp, UserId};
use kabar_users::{
    AccessClaims,
    ports::{AccessTokens as _, TokenRejected},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

const ISSUER: &str = "https://chat.example";
const AUDIENCE: &str = "kabar";
/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A server's tokens, with what an attacker would like to have: its private key.
struct Server {
    folder: TempDir,
    clock: Arc<SetClock>,
    tokens: JwtAccessTokens,
    ring: Arc<KeyRing>,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::open(folder.path(), &SystemIds, &SystemSecrets).unwrap());
        let clock = Arc::new(SetClock(AtomicI64::new(START * 1000)));
        let tokens = tokens(Arc::clone(&ring), ISSUER, AUDIENCE, Arc::clone(&clock));
        Self { folder, clock, tokens, ring }
    }

    fn claims(&self) -> AccessClaims {
        let now = self.clock.now();
        AccessClaims {
            user: UserId::new(SystemIds.next_id()),
            session: SessionId::new(SystemIds.next_id()),
            issued_at: now,
            expires_at: now.after(Duration::from_secs(600)),
        }
    }

    fn set(&self, seconds: i64) {
        self.clock.0.store(seconds * 1000, Ordering::Relaxed);
    }

    fn kid(&self) -> String {
        self.ring.jwks()["keys"][0]["kid"].as_str().unwrap().to_owned()
    }

    /// A header and claims as the server itself makes them.
    fn honest(&self) -> (Value, Value) {
        let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.kid()});
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": id(), "sid": id(), "jti": id(),
            "iat": START, "nbf": START, "exp": START + 600,
        });
        (header, claims)
    }

    /// Signs anything with the server's key.
    fn sign(&self, header: &str, claims: &str) -> String {
        let pkcs8 = fs::read(self.folder.path().join(format!("{}.pk8", self.kid()))).unwrap();
        let message = message(header, claims);
        let signature = Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap().sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn tokens(
    ring: Arc<KeyRing>,
    issuer: &str,
    audience: &str,
    clock: Arc<SetClock>,
) -> JwtAccessTokens {
    JwtAccessTokens::new(ring, issuer.to_owned(), audience.to_owned(), clock, Arc::new(SystemIds))
}

fn id() -> String {
    SystemIds.next_id().to_string()
}

fn message(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

fn changed(object: &Value, member: &str, value: Value) -> String {
    let mut object = object.clone();
    object[member] = value;
    object.to_string()
}

fn without(object: &Value, member: &str) -> String {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(member);
    object.to_string()
}

#[test]
fn an_issued_token_verifies_to_its_claims_until_it_expires() {
    let server = Server::start();
    let claims = server.claims();
    let token = server.tokens.issue(&claims).unwrap();
    for second in [0, 599, 600, 629] {
        server.set(START + second);
        assert_eq!(server.tokens.verify(token.as_str()), Ok(claims), "{second} s");
    }
    for second in [630, 631, 1_000_000] {
        server.set(START + second);
        assert_eq!(server.tokens.verify(token.as_str()), Err(TokenRejected::Expired), "{second} s");
    }
}

#[test]
fn a_token_of_a_node_whose_clock_is_ahead_is_accepted_within_the_leeway() {
    let server = Server::start();
    let token = server.tokens.issue(&server.claims()).unwrap();
    server.set(START - 30);
    assert!(server.tokens.verify(token.as_str()).is_ok());
    server.set(START - 31);
    assert_eq!(server.tokens.verify(token.as_str()), Err(TokenRejected::Invalid));
}

#[test]
fn two_tokens_for_the_same_claims_differ() {
    let server = Server::start();
    let claims = server.claims();
    let one = server.tokens.issue(&claims).unwrap();
    assert_ne!(one, server.tokens.issue(&claims).unwrap());
}

#[test]
fn what_the_tests_sign_themselves_would_be_accepted_if_it_were_honest() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let token = server.sign(&header.to_string(), &claims.to_string());
    assert!(server.tokens.verify(&token).is_ok());
    let with_more = changed(&claims, "scope", json!("chat"));
    assert!(server.tokens.verify(&server.sign(&header.to_string(), &with_more)).is_ok());
}

#[test]
fn no_other_algorithm_is_accepted() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let claims = claims.to_string();
    for algorithm in ["none", "None", "NONE", "nOnE", "none ", "", "HS256", "RS256", "ES256"] {
        let header = changed(&header, "alg", json!(algorithm));
        let message = message(&header, &claims);
        for token in [
            format!("{message}."),
            message.clone(),
            format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
            server.sign(&header, &claims),
        ] {
            assert_eq!(server.tokens.verify(&token), Err(TokenRejected::Invalid), "{algorithm}");
        }
    }
    for algorithm in [Value::Null, json!(0), json!(["EdDSA"])] {
        let header = changed(&header, "alg", algorithm);
        let verdict = server.tokens.verify(&server.sign(&header, &claims));
        assert_eq!(verdict, Err(TokenRejected::Invalid), "{header}");
    }
}

#[test]
fn the_public_key_is_no_secret_to_sign_with() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let jwk = server.ring.jwks()["keys"][0].clone();
    let encoded = jwk["x"].as_str().unwrap().to_owned();
    let public = URL_SAFE_NO_PAD.decode(&encoded).unwrap();
    let spki = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &public].concat();
    let message = message(&changed(&header, "alg", json!("HS256")), &claims.to_string());
    for secret in [&public[..], encoded.as_bytes(), jwk.to_string().as_bytes(), &spki] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
        let verdict = server.tokens.verify(&format!("{message}.{tag}"));
        assert_eq!(verdict, Err(TokenRejected::Invalid));
    }
}

#[test]
fn a_token_cannot_bring_its_own_key() {
    let server = Server::start();
    let attacker = Server::start();
    let (header, claims) = server.honest();
    let claims = claims.to_string();
    let jwk = attacker.ring.jwks()["keys"][0].clone();
    let plain = header.to_string();
    let own_kid = changed(&header, "kid", json!(attacker.kid()));
    for header in [
        plain,
        own_kid.clone(),
        changed(&header, "jwk", jwk.clone()),
        changed(&serde_json::from_str(&own_kid).unwrap(), "jwk", jwk),
        changed(&header, "jku", json!("https://attacker.example/jwks.json")),
        changed(&header, "x5u", json!("https://attacker.example/chain.pem")),
        changed(&header, "x5c", json!(["MIIB"])),
    ] {
        let verdict = server.tokens.verify(&attacker.sign(&header, &claims));
        assert_eq!(verdict, Err(TokenRejected::Invalid), "{header}");
    }
}

#[test]
fn a_kid_is_a_name_and_not_a_path_or_a_query() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let kid = server.kid();
    for forged in [
        json!("../../../../dev/null"),
        json!(format!("./{kid}")),
        json!(format!("{kid}.pk8")),
        json!(format!("{kid}\0")),
        json!(kid.to_uppercase()),
        json!("' OR '1'='1"),
        json!("refresh"),
        json!(""),
        json!([kid]),
        json!({"kid": kid}),
        Value::Null,
    ] {
        let header = changed(&header, "kid", forged);
        let verdict = server.tokens.verify(&server.sign(&header, &claims.to_string()));
        assert_eq!(verdict, Err(TokenRejected::Invalid), "{header}");
    }
    let verdict = server.tokens.verify(&server.sign(&without(&header, "kid"), &claims.to_string()));
    assert_eq!(verdict, Err(TokenRejected::Invalid));
}

#[test]
fn only_an_access_token_is_an_access_token() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let claims = claims.to_string();
    for kind in ["JWT", "jwt", "at+JWT", "application/at+jwt", "rt+jwt", ""] {
        let header = changed(&header, "typ", json!(kind));
        let verdict = server.tokens.verify(&server.sign(&header, &claims));
        assert_eq!(verdict, Err(TokenRejected::Invalid), "{kind}");
    }
    for header in [without(&header, "typ"), changed(&header, "crit", json!(["exp"]))] {
        let verdict = server.tokens.verify(&server.sign(&header, &claims));
        assert_eq!(verdict, Err(TokenRejected::Invalid), "{header}");
    }
}

#[test]
fn every_claim_is_required_and_of_its_type() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let header = header.to_string();
    let rejects = |claims: &str| {
        let verdict = server.tokens.verify(&server.sign(&header, claims));
        assert!(verdict.is_err(), "{claims}");
    };
    for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
        rejects(&without(&claims, claim));
        for wrong in [
            Value::Null,
            json!(true),
            json!([]),
            json!({}),
            json!([claims[claim]]),
            json!(1.5),
            json!(1e308),
            json!(u64::MAX),
            json!(i64::MAX),
            json!(""),
        ] {
            let number_where_number = claim == "jti" && wrong == json!("");
            if !number_where_number {
                rejects(&changed(&claims, claim, wrong));
            }
        }
    }
    for time in ["iat", "nbf", "exp"] {
        rejects(&changed(&claims, time, json!((START + 600).to_string())));
        rejects(
            &claims
                .to_string()
                .replace(&format!(r#""{time}":"#), &format!(r#""{time}":1e999,"x":"#)),
        );
    }
    rejects(&changed(&claims, "exp", json!(-1)));
    rejects(&changed(&claims, "exp", json!(i64::MIN)));
    rejects(&changed(&claims, "iss", json!("https://chat.example.attacker.example")));
    rejects(&changed(&claims, "aud", json!("kabar-admin")));
    rejects(&changed(&claims, "aud", json!([AUDIENCE, "other"])));
    rejects(&changed(&claims, "sub", json!("1' OR '1'='1")));
    rejects(&claims.to_string().replace(r#""exp":"#, r#""exp":99999999999,"exp":"#));
    for malformed in ["", "null", "[]", "0", "{}", "{\"iss\":", "\"text\""] {
        rejects(malformed);
    }
}

#[test]
fn tokens_of_another_issuer_or_audience_with_the_same_keys_are_rejected() {
    let server = Server::start();
    for (issuer, audience) in [("https://other.example", AUDIENCE), (ISSUER, "other")] {
        let others = tokens(
            Arc::clone(&server.ring),
            issuer,
            audience,
            Arc::new(SetClock(AtomicI64::new(START * 1000))),
        );
        let token = others.issue(&server.claims()).unwrap();
        assert_eq!(server.tokens.verify(token.as_str()), Err(TokenRejected::Invalid));
    }
}

#[test]
fn what_is_no_token_is_rejected() {
    let server = Server::start();
    let token = server.tokens.issue(&server.claims()).unwrap();
    let token = token.as_str();
    let (head, _) = token.rsplit_once('.').unwrap();
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        head.into(),
        format!("{head}."),
        format!("{token}."),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("Bearer {token}"),
        "a".repeat(10_000),
        ".".repeat(10_000),
        // A refresh token, which is no JWT.
        format!("{}.{}", SystemIds.next_id(), "0a".repeat(32)),
    ] {
        assert_eq!(server.tokens.verify(&text), Err(TokenRejected::Invalid), "{text:.40}");
    }
}

#[test]
fn deeply_nested_json_is_rejected_without_harm() {
    let server = Server::start();
    let (header, claims) = server.honest();
    let deep = format!(r#"{{"x":{}{},"#, "[".repeat(700), "]".repeat(700));
    let nest = |object: &Value| object.to_string().replacen('{', &deep, 1);
    let token = server.sign(&nest(&header), &claims.to_string());
    assert_eq!(server.tokens.verify(&token), Err(TokenRejected::Invalid));
    // Claims are looked at only once the signature is found to be ours.
    let token = Server::start().sign(&header.to_string(), &nest(&claims));
    assert_eq!(server.tokens.verify(&token), Err(TokenRejected::Invalid));
}

#[test]
fn any_flipped_bit_makes_a_token_invalid() {
    let server = Server::start();
    let token = server.tokens.issue(&server.claims()).unwrap();
    let bytes = token.as_str().as_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(text) = std::str::from_utf8(&flipped) {
            assert_eq!(server.tokens.verify(text), Err(TokenRejected::Invalid), "bit {bit}");
        }
    }
}

/// One server for all cases of a property: making its keys waits for the disk.
static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_other_text_is_invalid(at in 0_usize..400, insert in ".{0,8}", cut in 0_usize..8) {
        let server = &*SERVER;
        let token = server.tokens.issue(&server.claims()).unwrap();
        let token = token.as_str();
        let at = at % token.len();
        let end = (at + cut).min(token.len());
        let other = format!("{}{insert}{}", &token[..at], &token[end..]);
        prop_assume!(other != token);
        prop_assert_eq!(server.tokens.verify(&other), Err(TokenRejected::Invalid));
    }

    #[test]
    fn arbitrary_parts_signed_by_us_never_panic(header in ".{0,80}", claims in ".{0,80}") {
        let server = &*SERVER;
        prop_assert!(server.tokens.verify(&server.sign(&header, &claims)).is_err());
    }
}
