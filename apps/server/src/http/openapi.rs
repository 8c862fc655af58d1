//! The API document (OpenAPI 3.1) and the page that shows it.

mod problems;
mod surroundings;

use actix_web::web::{self, ServiceConfig};
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, ServerBuilder,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::TagBuilder,
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::routes::{Endpoints, ROUTES};

/// What every operation has in common.
const DESCRIPTION: &str = "\
A chat backend: accounts, direct conversations and groups, history, live delivery.

**Log in.** `POST /v1/auth/register` or `/v1/auth/login`, then send the `access_token` as \
`Authorization: Bearer …` (here: *Authorize*). It is good for ten minutes; `POST /v1/auth/refresh` \
gives the next one.

**A conversation is a log.** Every durable change is an entry at the next `pos`, without holes; a \
message has a `seq` besides. Live entries come over the WebSocket `GET /v1/ws`; whatever was missed \
is read back from `…/entries` after the last `pos` one has.

**A message is shown as it is now**, wherever it stands: in pages, entries, quotes, pins and the inbox. \
What was edited away is in none of them, and a deleted message keeps its place and nothing else.

**A write that got no answer** is sent again; every operation says what that does.

**Ids** are UUIDs in lower case with hyphens. **Times** are RFC 3339 in UTC with three decimals. \
Unknown fields and parameters are refused.

**Lists** answer `items` and `has_more`. They go on after the last `pos` or `seq`, or with `after` set \
to `next` where the answer has it.

**Problems** are `application/problem+json` (RFC 9457). Decide by `code`; `errors` names the values \
that are to blame. `docs/PROBLEMS.md` lists all codes.";

/// The document.
pub fn document() -> OpenApi {
    let mut document = <Endpoints as utoipa::OpenApi>::openapi();
    document.info = InfoBuilder::new()
        .title("Kabar")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    document.servers =
        Some(vec![ServerBuilder::new().url("/").description(Some("This server")).build()]);
    document.tags = Some(
        [
            ("auth", "Registering, logging in and out, tokens."),
            ("users", "One's own account, and looking others up."),
            ("conversations", "Conversations, their logs, how far one and others have read."),
            ("messages", "Messages of a conversation, and what is done to them."),
            ("notifications", "What concerns one, and when one is told of it."),
            ("groups", "Groups and who is in them."),
            ("live", "Live delivery over WebSocket."),
            ("operations", "For whoever runs the server."),
        ]
        .map(|(name, description)| {
            TagBuilder::new().name(name).description(Some(description)).build()
        })
        .into(),
    );
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(
        "bearer".to_owned(),
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some("The `access_token` that logging in answered."))
                .build(),
        )
        .into(),
    );
    problems::describe(&mut document, ROUTES);
    surroundings::describe(&mut document);
    document
}

/// The document as it is committed and printed: indented, with a line break at its end.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn document_text() -> Result<String, serde_json::Error> {
    Ok(document().to_pretty_json()? + "\n")
}

/// Serves the document at `/api-docs/openapi.json` and Swagger UI at `/api-docs`.
pub(super) fn register(config: &mut ServiceConfig) {
    let settings = Config::default()
        .persist_authorization(true)
        .display_request_duration(true)
        .deep_linking(true)
        // A badge that would be fetched from a server of the makers of Swagger UI.
        .validator_url("none");
    config.service(web::redirect("/api-docs", "/api-docs/")).service(
        SwaggerUi::new("/api-docs/{_:.*}")
            .config(settings)
            .url("/api-docs/openapi.json", document()),
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_committed_document_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let expected = document_text().unwrap();
        if std::env::var_os("KABAR_WRITE_GENERATED").is_some() {
            std::fs::write(path, &expected).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == expected,
            "docs/openapi.json is outdated: run this test with KABAR_WRITE_GENERATED=1"
        );
    }

    fn operations(document: &Value) -> Vec<(String, String, &Value)> {
        let paths = document["paths"].as_object().unwrap();
        paths
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .iter()
                    .map(|(method, operation)| (method.to_uppercase(), path.clone(), operation))
            })
            .collect()
    }

    #[test]
    fn every_route_has_its_operation_and_every_operation_its_route() {
        let document = serde_json::to_value(document()).unwrap();
        let described: BTreeSet<_> =
            operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
        let elsewhere = ["/v1/ws", "/health/live", "/health/ready"]
            .map(|path| ("GET".to_owned(), path.to_owned()));
        let registered: BTreeSet<_> = ROUTES
            .iter()
            .map(|route| (route.method.to_owned(), route.path.to_owned()))
            .chain(elsewhere)
            .collect();
        assert_eq!(described, registered);
    }

    #[test]
    fn every_operation_says_what_it_does_needs_and_answers() {
        let document = serde_json::to_value(document()).unwrap();
        let mut names = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let place = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{place}");
            for text in ["summary", "description"] {
                assert!(
                    !operation[text].as_str().unwrap_or_default().is_empty(),
                    "{place}: {text}"
                );
            }
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{place}");
            let is_open = path.starts_with("/health/")
                || path.starts_with("/.well-known/")
                || (path.starts_with("/v1/auth/") && path != "/v1/auth/logout");
            assert_eq!(operation["security"].is_null(), is_open, "{place}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with(['4', '5']) {
                    let content = &response["content"]["application/problem+json"];
                    for (code, example) in content["examples"].as_object().unwrap() {
                        assert_eq!(example["value"]["code"], code.as_str(), "{place}");
                        assert_eq!(example["value"]["status"].to_string(), *status, "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_write_says_what_doing_it_again_does() {
        let document = serde_json::to_value(document()).unwrap();
        for (method, path, operation) in operations(&document) {
            let description = operation["description"].as_str().unwrap();
            assert!(
                method == "GET" || description.contains("again"),
                "{method} {path}: {description}"
            );
        }
    }

    #[test]
    fn every_value_is_described_and_what_is_sent_has_limits() {
        let document = serde_json::to_value(document()).unwrap();
        let sent: BTreeSet<_> = operations(&document)
            .into_iter()
            .filter_map(|(_, _, operation)| {
                operation
                    .pointer("/requestBody/content/application~1json/schema/$ref")?
                    .as_str()?
                    .strip_prefix("#/components/schemas/")
                    .map(str::to_owned)
            })
            .collect();
        assert!(sent.contains("SendMessage") && sent.contains("EditMessage"), "{sent:?}");
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for (field, value) in schema["properties"].as_object().into_iter().flatten() {
                let place = format!("{name}.{field}: {value}");
                let is = |kind: &str| {
                    value["type"] == kind
                        || value["type"]
                            .as_array()
                            .is_some_and(|kinds| kinds.contains(&kind.into()))
                };
                assert!(
                    value["description"].is_string()
                        || value["$ref"].is_string()
                        || value["oneOf"].is_array(),
                    "{place}"
                );
                if sent.contains(name) {
                    assert!(!is("string") || value["maxLength"].is_u64(), "{place}");
                    assert!(!is("array") || value["maxItems"].is_u64(), "{place}");
                }
            }
        }
    }

    #[test]
    fn every_reference_is_there() {
        let document = serde_json::to_value(document()).unwrap();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let reference = reference.split('"').next().unwrap();
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
