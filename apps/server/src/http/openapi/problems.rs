use std::collections::{BTreeMap, BTreeSet};

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
        example::ExampleBuilder,
        path::{HttpMethod, Operation, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
    },
};

use crate::http::{
    problem::{PROBLEM_JSON, Problem, ProblemCode},
    routes::Route,
};

/// Adds to each operation the problems that it can answer: those it names, and those that follow
/// from its shape.
pub(super) fn describe(document: &mut OpenApi, routes: &[Route]) {
    let components = document.components.get_or_insert_default();
    let mut schemas =
        vec![(kabar_wire::Problem::name().into_owned(), kabar_wire::Problem::schema())];
    kabar_wire::Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for route in routes {
        let operation =
            document.paths.paths.get_mut(route.path).and_then(|item| operation(item, route.method));
        if let Some(operation) = operation {
            let codes = of_shape(operation).into_iter().chain(route.problems.iter().copied());
            add(operation, codes);
        }
    }
}

/// Adds problems to an operation, one response a status, one example a code.
pub(super) fn add(operation: &mut Operation, codes: impl IntoIterator<Item = ProblemCode>) {
    let mut by_status: BTreeMap<u16, BTreeSet<ProblemCode>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().insert(code);
    }
    for (status, codes) in by_status {
        operation.responses.responses.insert(status.to_string(), response(status, &codes).into());
    }
}

fn operation<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// What an operation can answer because of what it takes.
fn of_shape(operation: &Operation) -> BTreeSet<ProblemCode> {
    use ProblemCode as Code;
    let mut codes =
        BTreeSet::from([Code::ServiceFailure, Code::ServiceUnavailable, Code::ServiceOverloaded]);
    if operation.security.is_some() {
        codes.extend([
            Code::AuthTokenMissing,
            Code::AuthTokenInvalid,
            Code::AuthTokenExpired,
            Code::AuthSessionEnded,
        ]);
    }
    if operation.request_body.is_some() {
        codes.extend([
            Code::RequestMalformedJson,
            Code::RequestMalformedBody,
            Code::RequestTimeout,
            Code::RequestBodyTooLarge,
            Code::RequestUnsupportedMediaType,
            Code::RequestInvalid,
        ]);
    }
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match parameter.parameter_in {
            ParameterIn::Path => codes.extend([Code::RequestInvalidPath]),
            ParameterIn::Query => {
                codes.extend([Code::RequestMalformedQuery, Code::RequestInvalid]);
            }
            _ => codes.extend([Code::RequestInvalid]),
        }
    }
    codes
}

fn response(status: u16, codes: &BTreeSet<ProblemCode>) -> Response {
    let titles: Vec<_> = codes.iter().map(|code| code.title()).collect();
    let examples = codes.iter().map(|code| (code.as_str(), example(*code)));
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(kabar_wire::Problem::name())))
        .examples_from_iter(examples)
        .build();
    let response =
        ResponseBuilder::new().description(titles.join("; ") + ".").content(PROBLEM_JSON, content);
    match header(status) {
        Some((name, description, kind)) => response.header(
            name,
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(kind)))
                .description(Some(description))
                .build(),
        ),
        None => response,
    }
    .build()
}

const fn header(status: u16) -> Option<(&'static str, &'static str, Type)> {
    match status {
        401 => Some(("WWW-Authenticate", "How to authenticate (RFC 6750).", Type::String)),
        429 | 503 => Some(("Retry-After", "After how many seconds to try again.", Type::Integer)),
        _ => None,
    }
}

fn example(code: ProblemCode) -> utoipa::openapi::example::Example {
    let problem = match code {
        ProblemCode::RequestInvalid => {
            Problem::field("limit", "invalid", "must be a whole number from 1 to 100")
        }
        ProblemCode::RequestInvalidPath => {
            Problem::field("user", "invalid", "is not a UUID in lower case with hyphens")
                .with_code(code)
        }
        ProblemCode::GroupUsersNotFound => Problem::field(
            "user_ids",
            "not_found",
            "0198c0de-0000-7000-8000-000000000001 is no user",
        )
        .with_code(code),
        other => Problem::new(other),
    };
    let wire =
        problem.of_request(Some("0198c0de-0000-7000-8000-0000000000ff".to_owned())).to_wire();
    ExampleBuilder::new().summary(code.title()).value(serde_json::to_value(wire).ok()).build()
}

/// Adds an operation that no macro describes.
pub(super) fn insert(document: &mut OpenApi, path: &str, operation: Operation) {
    document.paths.paths.insert(path.to_owned(), PathItem::new(HttpMethod::Get, operation));
}
