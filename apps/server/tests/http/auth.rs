use anyhow::Context as _;
use kabar_testkit::client::{HttpClient, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Server, assert_alike, assert_problem, somebody, text};

on_each_database! {
    a_newcomer_registers_logs_in_and_refreshes,
    a_username_is_taken_in_every_spelling,
    an_unknown_user_and_a_wrong_password_are_answered_alike,
    what_is_no_access_token_is_refused,
    a_session_that_ended_gives_nothing_any_more,
    other_sessions_of_the_account_go_on,
    a_refresh_token_is_good_once_and_again_for_who_lost_the_answer,
    whoever_stole_a_refresh_token_loses_the_session_when_its_owner_comes_back,
    values_that_are_not_valid_are_named,
    the_public_keys_are_served,
}

async fn a_newcomer_registers_logs_in_and_refreshes(http: &HttpClient) -> anyhow::Result<()> {
    let body = json!({"username": "Ayu.Lestari", "password": PASSWORD, "display_name": " Ayu 🌺 "});
    let made = http.post("/v1/auth/register", &body).await?.expect(201)?;
    assert_eq!(text(&made, "/user/username"), "ayu.lestari");
    assert_eq!(text(&made, "/user/display_name"), "Ayu 🌺");
    assert_eq!((&made["token_type"], &made["expires_in"]), (&json!("Bearer"), &json!(600)));
    let created_at = text(&made, "/user/created_at");
    assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");

    let body = json!({"username": "AYU.lestari", "password": PASSWORD});
    let logged_in = http.post("/v1/auth/login", &body).await?.expect(200)?;
    assert_eq!(logged_in["user"], made["user"]);

    let body = json!({"refresh_token": logged_in["refresh_token"]});
    let tokens = http.post("/v1/auth/refresh", &body).await?.expect(200)?;
    assert_eq!(tokens.get("user"), None);
    assert_ne!(tokens["refresh_token"], logged_in["refresh_token"]);
    let me = http.with_token(text(&tokens, "/access_token")).get("/v1/users/me").await?;
    assert_eq!(me.expect(200)?, made["user"]);
    Ok(())
}

async fn a_username_is_taken_in_every_spelling(http: &HttpClient) -> anyhow::Result<()> {
    somebody(http, "ayu").await?;
    for spelling in ["ayu", "AYU", "ａｙｕ"] {
        let body = json!({"username": spelling, "password": PASSWORD});
        let refused = http.post("/v1/auth/register", &body).await?;
        assert_problem(&refused, 409, "user.username_taken")?;
    }
    Ok(())
}

async fn an_unknown_user_and_a_wrong_password_are_answered_alike(
    http: &HttpClient,
) -> anyhow::Result<()> {
    somebody(http, "ayu").await?;
    let mut refusals = Vec::new();
    for (username, password) in [
        ("ayu", "not the password".to_owned()),
        ("budi", PASSWORD.to_owned()),
        ("no such name", PASSWORD.to_owned()),
        ("a\0b", PASSWORD.to_owned()),
        ("ayu", "x".repeat(2000)),
    ] {
        let body = json!({"username": username, "password": password});
        let refused = http.post("/v1/auth/login", &body).await?;
        assert_problem(&refused, 401, "auth.invalid_credentials")?;
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"kabar\"");
        refusals.push(refused);
    }
    refusals.windows(2).try_for_each(|pair| assert_alike(&pair[0], &pair[1]))
}

async fn what_is_no_access_token_is_refused(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let missing = http.get("/v1/users/me").await?;
    assert_problem(&missing, 401, "auth.token_missing")?;
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"kabar\"");

    let cut = ayu.access_token.rsplit_once('.').map_or("", |(rest, _)| rest);
    let unsigned = format!("{cut}.");
    for wrong in ["x", "a.b.c", &ayu.refresh_token, cut, &unsigned, &"x".repeat(20_000)] {
        let refused = http.with_token(wrong).get("/v1/users/me").await?;
        assert_problem(&refused, 401, "auth.token_invalid")?;
        let challenge = refused.header("www-authenticate");
        assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""));
    }
    let twice = ayu.http.request(Method::GET, "/v1/users/me").header("authorization", "Bearer x");
    assert_problem(&http.send(twice).await?, 401, "auth.token_invalid")?;
    let basic = http.request(Method::GET, "/v1/users/me").basic_auth("ayu", Some(PASSWORD));
    assert_problem(&http.send(basic).await?, 401, "auth.token_missing")?;
    let in_query = http.get(&format!("/v1/users/me?access_token={}", ayu.access_token)).await?;
    assert_problem(&in_query, 401, "auth.token_missing")?;
    let body = json!({"refresh_token": ayu.access_token});
    assert_problem(&http.post("/v1/auth/refresh", &body).await?, 401, "auth.refresh_refused")
}

async fn a_session_that_ended_gives_nothing_any_more(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let ended = ayu.http.send(ayu.http.request(Method::POST, "/v1/auth/logout")).await?;
    assert_eq!((ended.status, ended.text.as_str()), (204, ""));
    let refused = ayu.http.get("/v1/users/me").await?;
    assert_problem(&refused, 401, "auth.session_ended")?;
    assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
    let again = ayu.http.post("/v1/auth/logout", &Value::Null).await?;
    assert_problem(&again, 401, "auth.session_ended")?;
    let body = json!({"refresh_token": ayu.refresh_token});
    assert_problem(&http.post("/v1/auth/refresh", &body).await?, 401, "auth.refresh_refused")
}

async fn other_sessions_of_the_account_go_on(http: &HttpClient) -> anyhow::Result<()> {
    let phone = somebody(http, "ayu").await?;
    let laptop = http.log_in("ayu").await?;
    phone.http.post("/v1/auth/logout", &Value::Null).await?.expect(204)?;
    laptop.http.get("/v1/users/me").await?.expect(200)?;
    Ok(())
}

async fn a_refresh_token_is_good_once_and_again_for_who_lost_the_answer(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let first = json!({"refresh_token": ayu.refresh_token});
    let one = http.post("/v1/auth/refresh", &first).await?.expect(200)?;
    let two = http.post("/v1/auth/refresh", &first).await?.expect(200)?;
    assert_eq!(one["refresh_token"], two["refresh_token"]);
    let second = json!({"refresh_token": one["refresh_token"]});
    http.post("/v1/auth/refresh", &second).await?.expect(200)?;
    Ok(())
}

async fn whoever_stole_a_refresh_token_loses_the_session_when_its_owner_comes_back(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let laptop = http.log_in("ayu").await?;
    let stolen = json!({"refresh_token": ayu.refresh_token});
    let one = http.post("/v1/auth/refresh", &stolen).await?.expect(200)?;
    let first = json!({"refresh_token": one["refresh_token"]});
    let two = http.post("/v1/auth/refresh", &first).await?.expect(200)?;
    let second = json!({"refresh_token": two["refresh_token"]});
    let thief = http.with_token(text(&two, "/access_token"));

    // A guess is refused in the same words, and harms nobody.
    let (session, _) = ayu.refresh_token.split_once('.').context("a token of two parts")?;
    let guess = json!({"refresh_token": format!("{session}.{}", "0".repeat(64))});
    let guessed = http.post("/v1/auth/refresh", &guess).await?;
    assert_problem(&guessed, 401, "auth.refresh_refused")?;
    thief.get("/v1/users/me").await?.expect(200)?;

    // Its owner comes back with the token that was used first, two exchanges ago.
    let reused = http.post("/v1/auth/refresh", &stolen).await?;
    assert_problem(&reused, 401, "auth.refresh_refused")?;
    assert_alike(&reused, &guessed)?;
    assert_problem(&thief.get("/v1/users/me").await?, 401, "auth.session_ended")?;
    for token in [&second, &first, &stolen] {
        let refused = http.post("/v1/auth/refresh", token).await?;
        assert_problem(&refused, 401, "auth.refresh_refused")?;
    }
    laptop.http.get("/v1/users/me").await?.expect(200)?;
    Ok(())
}

async fn values_that_are_not_valid_are_named(http: &HttpClient) -> anyhow::Result<()> {
    for (body, fields) in [
        (json!({"username": "ay", "password": PASSWORD}), vec!["username"]),
        (json!({"username": "ay u", "password": PASSWORD}), vec!["username"]),
        (json!({"username": "аyu", "password": PASSWORD}), vec!["username"]),
        (json!({"username": "ayu", "password": "short"}), vec!["password"]),
        (json!({"username": "ayu", "password": "password123"}), vec!["password"]),
        (json!({"username": "ayu", "password": "x".repeat(1025)}), vec!["password"]),
        (
            json!({"username": "ayu", "password": PASSWORD, "display_name": "a\u{202e}b"}),
            vec!["display_name"],
        ),
        (
            json!({"username": "a u", "password": "password", "display_name": "\0"}),
            vec!["username", "password", "display_name"],
        ),
        (json!({"username": "ayu"}), vec!["password"]),
        (json!({"username": 5, "password": PASSWORD}), vec!["username"]),
    ] {
        let refused = http.post("/v1/auth/register", &body).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        let named: Vec<_> = refused.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| text(error, "/field"))
            .collect();
        assert_eq!(named, fields, "{}", refused.text);
    }
    Ok(())
}

async fn the_public_keys_are_served(http: &HttpClient) -> anyhow::Result<()> {
    let keys = http.get("/.well-known/jwks.json").await?.expect(200)?;
    assert_eq!(text(&keys, "/keys/0/crv"), "Ed25519");
    assert_eq!(keys.pointer("/keys/0/d"), None, "the private part stays here");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_when_to_come_back() -> anyhow::Result<()> {
    let server = Server::start(false, |config| {
        config.rate_limits.login_account_burst = 2;
        config.rate_limits.login_account_per_minute = 1;
        config.rate_limits.search_burst = 1;
        config.rate_limits.search_per_second = 1;
        config.rate_limits.send_burst = 1;
        config.rate_limits.send_per_second = 1;
    })
    .await?;
    let ayu = somebody(&server.http, "ayu").await?;
    let limited = |answer: &kabar_testkit::client::Answer| {
        let wait: u64 = answer.header("retry-after").parse().unwrap_or(0);
        assert!((1..=60).contains(&wait), "{:?}", answer.headers);
        assert_problem(answer, 429, "rate_limit.exceeded")
    };

    let body = json!({"username": "ayu", "password": "not the password"});
    for _ in 0..2 {
        let refused = server.http.post("/v1/auth/login", &body).await?;
        assert_problem(&refused, 401, "auth.invalid_credentials")?;
    }
    limited(&server.http.post("/v1/auth/login", &body).await?)?;

    ayu.http.get("/v1/users?query=a").await?.expect(200)?;
    limited(&ayu.http.get("/v1/users?query=a").await?)?;

    let notes = ayu.http.open_direct(&ayu.id).await?;
    ayu.http.post_message(&notes, "1", "one").await?;
    let path = format!("/v1/conversations/{notes}/messages");
    limited(&ayu.http.post(&path, &json!({"body": "two"})).await?)?;
    server.stop().await
}
