//! SECURITY §2 "Input": every sample is refused with a problem that says what is wrong, and nothing
//! is stored.

use anyhow::ensure;
use kabar_testkit::client::{Account, Answer, HttpClient};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{assert_problem_shape, somebody, text};

on_each_database! {
    no_wrong_body_is_taken,
    no_field_is_taken_that_is_not_asked_for,
    no_wrong_number_is_taken,
    no_other_spelling_of_an_id_is_taken,
    no_wrong_parameter_is_taken,
    what_is_too_long_for_a_head_harms_nobody,
}

/// Ayu, Budi and what they have in common.
struct Scene {
    ayu: Account,
    budi: Account,
    direct: String,
    group: String,
    message: String,
}

impl Scene {
    async fn set(http: &HttpClient) -> anyhow::Result<Self> {
        let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
        let direct = ayu.http.open_direct(&budi.id).await?;
        let group = ayu.http.create_group("Climbing", &[&budi.id]).await?;
        let message = ayu.http.post_message(&direct, "first", "hello").await?;
        let message = text(&message, "/id").to_owned();
        Ok(Self { ayu, budi, direct, group, message })
    }

    /// Every operation with a body: method, path, and a body that would be taken.
    fn bodies(&self) -> Vec<(Method, String, Value)> {
        let Self { budi, direct, group, message, .. } = self;
        let password = "correct horse battery";
        [
            (
                Method::POST,
                "/v1/auth/register".into(),
                json!({"username": "eve", "password": password}),
            ),
            (
                Method::POST,
                "/v1/auth/login".into(),
                json!({"username": "ayu", "password": password}),
            ),
            (Method::POST, "/v1/auth/refresh".into(), json!({"refresh_token": "x"})),
            (Method::PATCH, "/v1/users/me".into(), json!({"display_name": "Eve"})),
            (Method::POST, "/v1/conversations/direct".into(), json!({"user_id": self.ayu.id})),
            (Method::PUT, format!("/v1/conversations/{direct}/read"), json!({"seq": 1})),
            (
                Method::POST,
                format!("/v1/conversations/{direct}/messages"),
                json!({"body": "injected"}),
            ),
            (
                Method::PATCH,
                format!("/v1/conversations/{direct}/messages/{message}"),
                json!({"body": "injected"}),
            ),
            (
                Method::POST,
                format!("/v1/conversations/{direct}/forwards"),
                json!({"from_conversation_id": direct, "message_id": message}),
            ),
            (Method::PUT, format!("/v1/conversations/{direct}/delivered"), json!({"seq": 1})),
            (Method::PUT, format!("/v1/conversations/{direct}/settings"), json!({"level": "none"})),
            (
                Method::POST,
                "/v1/notifications/read".into(),
                json!({"ids": [format!("{direct}:1")]}),
            ),
            (Method::PUT, "/v1/notifications/settings".into(), json!({"quiet_hours": null})),
            (Method::PATCH, "/v1/users/me/privacy".into(), json!({"presence": false})),
            (Method::POST, "/v1/groups".into(), json!({"name": "injected"})),
            (Method::PATCH, format!("/v1/groups/{group}"), json!({"name": "injected"})),
            (Method::POST, format!("/v1/groups/{group}/members"), json!({"user_ids": [budi.id]})),
            (
                Method::PATCH,
                format!("/v1/groups/{group}/members/{}", budi.id),
                json!({"role": "admin"}),
            ),
        ]
        .into()
    }

    /// Everything that a wrong request could have changed.
    async fn stored(&self) -> anyhow::Result<Value> {
        let mut stored = Vec::new();
        for path in [
            "/v1/users/me".to_owned(),
            "/v1/users/me/privacy".to_owned(),
            "/v1/notifications".to_owned(),
            "/v1/notifications/settings".to_owned(),
            format!("/v1/conversations/{}/settings", self.direct),
            format!("/v1/conversations/{}/messages", self.direct),
            "/v1/users?query=e".to_owned(),
            "/v1/conversations".to_owned(),
            format!("/v1/groups/{}", self.group),
            format!("/v1/groups/{}/members", self.group),
            format!("/v1/conversations/{}/entries", self.direct),
            format!("/v1/conversations/{}/entries", self.group),
        ] {
            stored.push(self.ayu.http.get(&path).await?.expect(200)?);
        }
        stored.push(self.budi.http.get("/v1/conversations").await?.expect(200)?);
        Ok(Value::Array(stored))
    }

    async fn send(&self, method: &Method, path: &str, body: Vec<u8>) -> anyhow::Result<Answer> {
        let request = self.ayu.http.request(method.clone(), path);
        self.ayu.http.send(request.header("content-type", "application/json").body(body)).await
    }
}

fn assert_refused(answer: &Answer, what: &str) -> anyhow::Result<()> {
    ensure!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
    ensure!(answer.status != 404, "{what}: {}", answer.text);
    ensure!(answer.text.len() < 4096, "{what}: the answer repeats what was sent");
    assert_problem_shape(answer)
}

async fn no_wrong_body_is_taken(http: &HttpClient) -> anyhow::Result<()> {
    let scene = Scene::set(http).await?;
    let before = scene.stored().await?;
    for (method, path, body) in scene.bodies() {
        let right = body.to_string();
        let inner = right.trim_start_matches('{').trim_end_matches('}');
        let (name, _) = inner.split_once(':').unwrap_or_default();
        let samples: Vec<Vec<u8>> = vec![
            b"".into(),
            b"null".into(),
            b"[]".into(),
            b"1".into(),
            b"\"text\"".into(),
            b"{".into(),
            b"}".into(),
            b"{}}".into(),
            b"nope".into(),
            b"\xff\xfe{}".into(),
            b"\0".into(),
            format!("[{right}]").into(),
            format!("{right}{right}").into(),
            format!("{right} x").into(),
            format!("\u{feff}{right}").into(),
            format!("{{{inner},{inner}}}").into(),
            format!("{{{inner},}}").into(),
            format!("{{'{}}}", &inner[1..]).into(),
            format!("{{{inner},\"__proto__\":{{}}}}").into(),
            format!("{{{inner},\"\":1}}").into(),
            format!("{{{name}:{{}}}}").into(),
            format!("{{{name}:[[]]}}").into(),
            format!("{{{name}:true}}").into(),
            format!("{{{name}:\"\\ud800\"}}").into(),
            format!("{{{name}:\"\\udc00\\ud800\"}}").into(),
            format!("{{{name}:\"a\nb\"}}").into(),
            [format!("{{{name}:\"").as_bytes(), b"\xc3\x28\"}"].concat(),
            [format!("{{{name}:\"").as_bytes(), b"\xed\xa0\x80\"}"].concat(),
            format!("{{{name}:{}1{}}}", "[".repeat(30_000), "]".repeat(30_000)).into(),
            format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)).into(),
            format!("{{\"{}\":1}}", "x".repeat(60_000)).into(),
            format!("{{{inner},\"x\":\"{}\"}}", "x".repeat(70_000)).into(),
        ];
        for sample in samples {
            // The one value of a switch that is none of the samples' business.
            if path.ends_with("/privacy") && sample.ends_with(b"\"presence\":true}") {
                continue;
            }
            let shown = String::from_utf8_lossy(&sample[..sample.len().min(80)]).into_owned();
            let answer = scene.send(&method, &path, sample).await?;
            assert_refused(&answer, &format!("{method} {path} {shown}"))?;
        }
    }
    assert_eq!(scene.stored().await?, before, "nothing is stored");
    Ok(())
}

async fn no_field_is_taken_that_is_not_asked_for(http: &HttpClient) -> anyhow::Result<()> {
    let scene = Scene::set(http).await?;
    let before = scene.stored().await?;
    for (method, path, body) in scene.bodies() {
        for field in ["role", "id", "seq", "author_id", "user", "is_admin", "created_at"] {
            let mut body = body.clone();
            if body.get(field).is_some() {
                continue;
            }
            body[field] = json!("owner");
            let answer = scene.send(&method, &path, body.to_string().into()).await?;
            let what = format!("{method} {path} {body}");
            assert_refused(&answer, &what)?;
            assert_eq!(answer.code(), "request.invalid", "{what}");
            assert_eq!(text(&answer.body, "/errors/0/field"), field, "{what}");
            assert_eq!(text(&answer.body, "/errors/0/code"), "unknown", "{what}");
        }
    }
    assert_eq!(scene.stored().await?, before, "nothing is stored");
    Ok(())
}

const WRONG_NUMBERS: [&str; 18] = [
    "NaN",
    "Infinity",
    "-Infinity",
    "-0",
    "-1",
    "1.0",
    "1.5",
    "1e3",
    "1e999",
    "-1e999",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e-7",
    "0x10",
    "+1",
    "\"1\"",
    "[1]",
];

async fn no_wrong_number_is_taken(http: &HttpClient) -> anyhow::Result<()> {
    let scene = Scene::set(http).await?;
    let before = scene.stored().await?;
    let direct = format!("/v1/conversations/{}", scene.direct);
    for number in WRONG_NUMBERS {
        let body = format!("{{\"seq\":{number}}}");
        for cursor in ["read", "delivered"] {
            let path = format!("{direct}/{cursor}");
            let answer = scene.send(&Method::PUT, &path, body.clone().into()).await?;
            assert_refused(&answer, number)?;
        }
        let number = number.replace('"', "%22").replace('+', "%2B");
        for query in [
            format!("{direct}/entries?after={number}"),
            format!("{direct}/messages?before={number}"),
            format!("{direct}/messages?after={number}"),
            format!("{direct}/messages?around={number}"),
        ] {
            let answer = scene.ayu.http.get(&query).await?;
            assert_refused(&answer, &query)?;
            assert_eq!(answer.code(), "request.invalid", "{query}");
        }
        for list in scene.lists() {
            let query = format!("{list}limit={number}");
            assert_refused(&scene.ayu.http.get(&query).await?, &query)?;
        }
    }
    for limit in ["0", "101", "1000000000", "00000000000000000000000000101", "", "%20", "1%00"] {
        for list in scene.lists() {
            let query = format!("{list}limit={limit}");
            let answer = scene.ayu.http.get(&query).await?;
            assert_refused(&answer, &query)?;
            assert_eq!(text(&answer.body, "/errors/0/field"), "limit", "{query}");
        }
    }
    assert_eq!(scene.stored().await?, before, "nothing is stored");
    Ok(())
}

impl Scene {
    fn lists(&self) -> [String; 6] {
        [
            "/v1/notifications?".to_owned(),
            "/v1/users?query=a&".to_owned(),
            "/v1/conversations?".to_owned(),
            format!("/v1/conversations/{}/entries?", self.direct),
            format!("/v1/conversations/{}/messages?", self.direct),
            format!("/v1/groups/{}/members?", self.group),
        ]
    }
}

/// Other spellings of an id, and what is none.
fn spellings(id: &str) -> Vec<String> {
    vec![
        id.to_uppercase(),
        id.replace('-', ""),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        format!(" {id}"),
        format!("{id}\0"),
        format!("{id}'--"),
        id[..35].to_owned(),
        format!("{id}0"),
        "1".to_owned(),
        "me".to_owned(),
        "..".to_owned() + id,
        "０".to_owned() + &id[1..],
    ]
}

async fn no_other_spelling_of_an_id_is_taken(http: &HttpClient) -> anyhow::Result<()> {
    let scene = Scene::set(http).await?;
    let before = scene.stored().await?;
    let Scene { ayu, budi, direct, group, message } = &scene;
    for wrong in spellings(&budi.id) {
        for body in [json!({"user_id": wrong}), json!({"user_id": [wrong]})] {
            let answer = ayu.http.post("/v1/conversations/direct", &body).await?;
            assert_refused(&answer, &wrong)?;
            assert_eq!(text(&answer.body, "/errors/0/field"), "user_id");
        }
        let ids = json!({"name": "injected", "member_ids": [budi.id, wrong]});
        let answer = ayu.http.post("/v1/groups", &ids).await?;
        assert_eq!(text(&answer.body, "/errors/0/field"), "member_ids[1]", "{}", answer.text);
        let ids = json!({"user_ids": [wrong]});
        let answer = ayu.http.post(&format!("/v1/groups/{group}/members"), &ids).await?;
        assert_eq!(text(&answer.body, "/errors/0/field"), "user_ids[0]", "{}", answer.text);
    }
    for wrong in spellings(message) {
        let body = json!({"body": "injected", "reply_to": wrong});
        let answer = ayu.http.post(&format!("/v1/conversations/{direct}/messages"), &body).await?;
        assert_eq!(text(&answer.body, "/errors/0/field"), "reply_to", "{}", answer.text);
        let body = json!({"from_conversation_id": direct, "message_id": wrong});
        let answer = ayu.http.post(&format!("/v1/conversations/{direct}/forwards"), &body).await?;
        assert_eq!(text(&answer.body, "/errors/0/field"), "message_id", "{}", answer.text);
        let body = json!({"ids": [format!("{wrong}:1")]});
        let answer = ayu.http.post("/v1/notifications/read", &body).await?;
        assert_refused(&answer, &wrong)?;
    }
    let patterns = [
        ("/v1/users/{}", &budi.id),
        ("/v1/users/{}/presence", &budi.id),
        ("/v1/conversations/{}", direct),
        ("/v1/conversations/{}/pins", direct),
        ("/v1/conversations/{}/receipts", direct),
        ("/v1/conversations/{}/settings", direct),
        ("/v1/conversations/{}/entries", direct),
        ("/v1/conversations/{}/messages", direct),
        ("/v1/groups/{}", group),
        ("/v1/groups/{}/members", group),
    ];
    for (pattern, id) in patterns {
        for wrong in spellings(id) {
            if wrong == "me" && pattern == "/v1/users/{}" {
                continue;
            }
            let encoded = wrong.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            let path = pattern.replace("{}", &encoded);
            let answer = ayu.http.get(&path).await?;
            assert_refused(&answer, &path)?;
            assert_eq!(answer.code(), "request.invalid_path", "{path}");
        }
    }
    assert_eq!(scene.stored().await?, before, "nothing is stored");
    Ok(())
}

async fn no_wrong_parameter_is_taken(http: &HttpClient) -> anyhow::Result<()> {
    let scene = Scene::set(http).await?;
    for list in scene.lists() {
        for wrong in [
            "page=2",
            "offset=1",
            "limit=1&limit=1",
            "%ff=1",
            "limit=%ff",
            "limit=%",
            "x=%zz",
            "%00=1",
            "LIMIT=1",
            "limit%5B%5D=1",
            "after=%F0",
            "after=%E2%80%AE",
            "after='%3BDROP",
            "after=AAAA",
        ] {
            let query = format!("{list}{wrong}");
            let answer = scene.ayu.http.get(&query).await?;
            assert_refused(&answer, &query)?;
        }
        let long = format!("{list}after={}", "A".repeat(8000));
        assert_refused(&scene.ayu.http.get(&long).await?, "a long cursor")?;
    }
    Ok(())
}

async fn what_is_too_long_for_a_head_harms_nobody(http: &HttpClient) -> anyhow::Result<()> {
    let scene = Scene::set(http).await?;
    let endless = "x".repeat(1024 * 1024);
    let ayu = &scene.ayu.http;
    for request in [
        ayu.request(Method::GET, "/v1/users/me").header("x-long", &endless),
        ayu.request(Method::GET, "/v1/users/me").header("x-request-id", &endless),
        ayu.request(Method::GET, &format!("/v1/users/{endless}")),
        ayu.request(Method::GET, &format!("/v1/users?query={endless}")),
        http.with_token(&endless).request(Method::GET, "/v1/users/me"),
    ] {
        // The server may answer, or hang up on what it does not read to its end.
        if let Ok(answer) = ayu.send(request).await {
            ensure!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.text);
        }
        // On a connection of its own: the one before may be closed without its pool knowing yet.
        let fresh = HttpClient::new(ayu.base()).with_token(ayu.token());
        fresh.get("/v1/users/me").await?.expect(200)?;
    }
    Ok(())
}
