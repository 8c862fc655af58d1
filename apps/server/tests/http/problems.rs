use kabar_testkit::client::HttpClient;
use reqwest::Method;
use serde_json::json;

use crate::server::{Server, assert_problem, assert_problem_shape, somebody, text};

on_each_database! {
    an_unknown_route_is_a_problem,
    a_wrong_method_names_the_right_ones,
    head_is_get_without_the_body,
    a_body_of_another_type_is_refused,
    a_body_that_is_too_large_is_refused,
    a_problem_carries_the_name_of_its_request,
    who_is_nobody_is_told_nothing_else,
}

async fn an_unknown_route_is_a_problem(http: &HttpClient) -> anyhow::Result<()> {
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/users/me",
        "/v1/users/me/",
        "/v1//users",
        "/favicon.ico",
        "/%00",
        "/v1/users/%ff/x",
        "/api-docs/../etc/passwd",
        "/api-docs/nothing.js",
        "/v1/groups/x/y",
    ] {
        assert_problem(&http.get(path).await?, 404, "request.unknown_route")?;
    }
    let posted = http.post("/nowhere", &json!({})).await?;
    assert_problem(&posted, 404, "request.unknown_route")
}

async fn a_wrong_method_names_the_right_ones(http: &HttpClient) -> anyhow::Result<()> {
    for (method, path, allow) in [
        (Method::DELETE, "/v1/users/me", "GET, PATCH"),
        (Method::GET, "/v1/auth/login", "POST"),
        (Method::PUT, "/v1/groups", "POST"),
        (Method::PATCH, "/v1/conversations/x/messages", "GET, POST"),
        (Method::PUT, "/v1/conversations/x/messages/y", "GET, PATCH, DELETE"),
        (Method::GET, "/v1/conversations/x/pins/y", "PUT, DELETE"),
        (Method::TRACE, "/v1/conversations", "GET"),
        (Method::POST, "/health/ready", "GET"),
    ] {
        let refused = http.send(http.request(method, path)).await?;
        assert_problem(&refused, 405, "request.method_not_allowed")?;
        assert_eq!(refused.header("allow"), allow);
    }
    Ok(())
}

async fn head_is_get_without_the_body(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    for path in ["/health/live", "/v1/users/me", "/api-docs/", "/v1/conversations"] {
        let got = ayu.http.get(path).await?;
        let head = ayu.http.send(ayu.http.request(Method::HEAD, path)).await?;
        assert_eq!((head.status, &*head.text), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
    }
    let refused = http.send(http.request(Method::HEAD, "/v1/users/me")).await?;
    assert_eq!((refused.status, &*refused.text), (401, ""));
    Ok(())
}

async fn a_body_of_another_type_is_refused(http: &HttpClient) -> anyhow::Result<()> {
    let body = r#"{"username":"ayu","password":"correct horse battery"}"#;
    let post = || http.request(Method::POST, "/v1/auth/register").body(body);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
        "x",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ] {
        let refused = http.send(post().header("content-type", kind)).await?;
        assert_problem(&refused, 415, "request.unsupported_media_type")?;
    }
    let refused = http.send(post()).await?;
    assert_problem(&refused, 415, "request.unsupported_media_type")?;
    let taken = post().header("content-type", "Application/JSON; charset=UTF-8");
    http.send(taken).await?.expect(201)?;
    Ok(())
}

async fn a_body_that_is_too_large_is_refused(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    for size in [64 * 1024 + 1, 1024 * 1024] {
        let body = json!({"display_name": "x".repeat(size)});
        let refused = ayu.http.patch("/v1/users/me", &body).await?;
        assert_problem(&refused, 413, "request.body_too_large")?;
    }
    Ok(())
}

async fn a_problem_carries_the_name_of_its_request(http: &HttpClient) -> anyhow::Result<()> {
    let request = http.request(Method::GET, "/v1/users/me").header("x-request-id", "my-request.1");
    let refused = http.send(request).await?;
    assert_problem_shape(&refused)?;
    assert_eq!(text(&refused.body, "/request_id"), "my-request.1");
    Ok(())
}

async fn who_is_nobody_is_told_nothing_else(http: &HttpClient) -> anyhow::Result<()> {
    for (method, path) in [
        (Method::GET, "/v1/users?limit=0"),
        (Method::GET, "/v1/users/not-an-id"),
        (Method::POST, "/v1/groups"),
        (Method::POST, "/v1/conversations/not-an-id/messages"),
        (Method::DELETE, "/v1/groups/x/members/y"),
        (Method::PUT, "/v1/conversations/x/messages/y/reactions/z"),
        (Method::GET, "/v1/notifications?only=x"),
        (Method::GET, "/v1/users/not-an-id/presence"),
    ] {
        let request = http.request(method, path).header("content-type", "application/json");
        let refused = http.send(request.body("{")).await?;
        assert_problem(&refused, 401, "auth.token_missing")?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_decides_how_large_a_body_and_a_message_may_be() -> anyhow::Result<()> {
    let server = Server::start(false, |config| {
        config.http.max_body = kabar_server::config::ByteSize::kib(20);
        config.message.max_bytes = kabar_server::config::ByteSize::new(10);
    })
    .await?;
    let ayu = somebody(&server.http, "ayu").await?;
    let notes = ayu.http.open_direct(&ayu.id).await?;
    let path = format!("/v1/conversations/{notes}/messages");
    let large = ayu.http.post(&path, &json!({"body": "x".repeat(21 * 1024)})).await?;
    assert_problem(&large, 413, "request.body_too_large")?;
    let long = ayu.http.post(&path, &json!({"body": "x".repeat(11)})).await?;
    assert_problem(&long, 422, "request.invalid")?;
    assert_eq!(text(&long.body, "/errors/0/code"), "too_long");
    ayu.http.post(&path, &json!({"body": "x".repeat(10)})).await?.expect(201)?;
    server.stop().await
}
