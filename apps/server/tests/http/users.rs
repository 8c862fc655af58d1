use kabar_testkit::client::HttpClient;
use serde_json::{Value, json};

use crate::server::{assert_problem, somebody, text};

on_each_database! {
    one_changes_the_name_that_others_see,
    a_user_who_does_not_exist_is_not_found,
    users_are_found_by_the_beginning_of_their_name_page_by_page,
    a_wildcard_of_the_database_means_nothing,
}

async fn one_changes_the_name_that_others_see(http: &HttpClient) -> anyhow::Result<()> {
    let (ayu, budi) = (somebody(http, "ayu").await?, somebody(http, "budi").await?);
    let path = format!("/v1/users/{}", ayu.id);
    assert_eq!(text(&budi.http.get(&path).await?.expect(200)?, "/display_name"), "ayu");

    let change = json!({"display_name": "Ayu Lestari 🌺"});
    let changed = ayu.http.patch("/v1/users/me", &change).await?.expect(200)?;
    assert_eq!(text(&changed, "/display_name"), "Ayu Lestari 🌺");
    assert_eq!(budi.http.get(&path).await?.expect(200)?, changed);
    for nothing in [json!({}), json!({"display_name": null})] {
        assert_eq!(ayu.http.patch("/v1/users/me", &nothing).await?.expect(200)?, changed);
    }
    let fields: Vec<_> = changed.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    assert_eq!(fields.len(), 4, "{fields:?}");

    for wrong in
        ["", "  ", "a\nb", "a\u{202e}b", "a\u{0}", &"x".repeat(129), &"e\u{301}".repeat(10_000)]
    {
        let refused = ayu.http.patch("/v1/users/me", &json!({"display_name": wrong})).await?;
        assert_problem(&refused, 422, "request.invalid")?;
        assert_eq!(text(&refused.body, "/errors/0/field"), "display_name");
    }
    assert_eq!(ayu.http.get("/v1/users/me").await?.expect(200)?, changed);
    Ok(())
}

async fn a_user_who_does_not_exist_is_not_found(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    let unknown = ayu.http.get("/v1/users/0198c0de-0000-7000-8000-000000000001").await?;
    assert_problem(&unknown, 404, "user.not_found")
}

fn usernames(page: &Value) -> Vec<&str> {
    page["items"].as_array().into_iter().flatten().map(|user| text(user, "/username")).collect()
}

async fn users_are_found_by_the_beginning_of_their_name_page_by_page(
    http: &HttpClient,
) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    for name in ["ayumi", "ayu-2", "ayu.3", "budi", "zayu"] {
        somebody(http, name).await?;
    }
    let mut found = Vec::new();
    let mut path = "/v1/users?query=AYU&limit=2".to_owned();
    loop {
        let page = ayu.http.get(&path).await?.expect(200)?;
        found.extend(usernames(&page).into_iter().map(str::to_owned));
        assert_eq!(page["has_more"].as_bool(), Some(page.get("next").is_some()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/users?query=AYU&limit=2&after={next}");
    }
    assert_eq!(found, ["ayu", "ayu-2", "ayu.3", "ayumi"]);
    Ok(())
}

async fn a_wildcard_of_the_database_means_nothing(http: &HttpClient) -> anyhow::Result<()> {
    let ayu = somebody(http, "ayu").await?;
    somebody(http, "a_b").await?;
    for (query, expected) in [
        ("%25", vec![]),
        ("_", vec![]),
        ("a_", vec!["a_b"]),
        ("a%25", vec![]),
        ("*", vec![]),
        ("a%5C", vec![]),
        ("%27%3B--", vec![]),
        ("%F0%9F%8C%BA", vec![]),
    ] {
        let page = ayu.http.get(&format!("/v1/users?query={query}")).await?.expect(200)?;
        assert_eq!(usernames(&page), expected, "{query}");
    }
    for wrong in ["", "?query=", "?query=a%00", "?query=%E2%80%AE", "?query=a&query=b"] {
        let refused = ayu.http.get(&format!("/v1/users{wrong}")).await?;
        assert_problem(&refused, 422, "request.invalid")?;
    }
    Ok(())
}
