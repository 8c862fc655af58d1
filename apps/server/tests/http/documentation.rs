use anyhow::Context as _;
use kabar_testkit::client::HttpClient;
use reqwest::Method;
use serde_json::Value;

use crate::server::text;

on_each_database! {
    the_page_and_what_it_loads_are_served,
    the_document_is_the_committed_one,
    every_described_operation_is_answered,
}

async fn the_page_and_what_it_loads_are_served(http: &HttpClient) -> anyhow::Result<()> {
    let bare = http.get("/api-docs").await?;
    assert_eq!((bare.status / 100, bare.header("location")), (3, "/api-docs/"));
    let page = http.get("/api-docs/").await?;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let loaded = page.text.split(['"', '\'']).filter_map(|part| part.strip_prefix("./"));
    let loaded: Vec<_> = loaded.collect();
    assert!(loaded.len() >= 4, "{loaded:?}");
    for file in loaded {
        assert_eq!(http.get(&format!("/api-docs/{file}")).await?.status, 200, "{file}");
    }
    let settings = http.get("/api-docs/swagger-initializer.js").await?.text;
    assert!(settings.contains("/api-docs/openapi.json"), "{settings}");
    assert!(settings.contains("\"persistAuthorization\": true"), "{settings}");
    Ok(())
}

async fn the_document_is_the_committed_one(http: &HttpClient) -> anyhow::Result<()> {
    let served = http.get("/api-docs/openapi.json").await?.expect(200)?;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    assert_eq!(served, committed);
    assert_eq!(text(&served, "/openapi"), "3.1.0");
    Ok(())
}

async fn every_described_operation_is_answered(http: &HttpClient) -> anyhow::Result<()> {
    let document = http.get("/api-docs/openapi.json").await?.expect(200)?;
    for (path, item) in document["paths"].as_object().context("paths")? {
        let id = "0198c0de-0000-7000-8000-000000000001";
        let place = path.split('/').map(|part| match part {
            "{emoji}" => "%F0%9F%91%8D",
            part if part.starts_with('{') => id,
            part => part,
        });
        let place = place.collect::<Vec<_>>().join("/");
        for (method, operation) in item.as_object().context("operations")? {
            let method = Method::from_bytes(method.to_uppercase().as_bytes())?;
            let answer = http.send(http.request(method.clone(), &place)).await?;
            let status = answer.status.to_string();
            assert!(
                operation["responses"].get(&status).is_some(),
                "{method} {path} answers {status}, which is not described: {}",
                answer.text
            );
            if answer.status >= 400 {
                let described = &operation["responses"][&status]["content"]["application/problem+json"]
                    ["examples"];
                assert!(
                    described.get(answer.code()).is_some(),
                    "{method} {path}: {}",
                    answer.code()
                );
            }
        }
    }
    Ok(())
}
