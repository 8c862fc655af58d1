use actix_web::{
    FromRequest, HttpMessage, HttpRequest, dev::Payload, error::PayloadError, web::Bytes,
};
use futures_util::future::LocalBoxFuture;
use garde::Validate;
use kabar_wire::FieldError;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::http::problem::{Problem, ProblemCode};

/// A JSON object of exactly the fields of `T`, each of a valid length.
///
/// Refuses another media type (415), more bytes than the configured limit (413), what is not JSON in
/// UTF-8 (400), and unknown, missing, repeated and wrong values (422).
pub(crate) struct Json<T>(pub(crate) T);

impl<T> FromRequest for Json<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_json(request) {
            let problem = Problem::new(ProblemCode::RequestUnsupportedMediaType);
            return Box::pin(async { Err(problem) });
        }
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let body = body.await.map_err(|error| unreadable(&error))?;
            let value: T = parse(&body)?;
            value.validate()?;
            Ok(Self(value))
        })
    }
}

/// Whether the request says that its body is JSON in UTF-8.
fn is_json(request: &HttpRequest) -> bool {
    let is_json = request.content_type().eq_ignore_ascii_case("application/json");
    let is_utf8 = matches!(request.encoding(), Ok(encoding) if encoding.name() == "UTF-8");
    is_json && is_utf8
}

fn unreadable(error: &actix_web::Error) -> Problem {
    let code = match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => ProblemCode::RequestBodyTooLarge,
        _ => ProblemCode::RequestMalformedBody,
    };
    Problem::new(code)
}

/// Reads an object; also what is inside a WebSocket frame.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A derived `Deserialize` would take an array for a struct, its fields in order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => Problem::field("", "wrong_type", "must be a JSON object"),
            Err(error) => malformed(&error),
        });
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            Category::Data => blame(&path, &error.to_string()),
            Category::Syntax if is_no_word(&error, body) => {
                blame(&path, "invalid type: must be a text")
            }
            Category::Syntax | Category::Eof | Category::Io => malformed(&error),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Where one of several words must stand, `serde_json` takes anything but a text for bad syntax.
fn is_no_word(error: &serde_json::Error, body: &[u8]) -> bool {
    error.to_string().starts_with("expected value")
        && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(ProblemCode::RequestMalformedJson)
        .detail(format!("The body is not JSON in UTF-8: {}.", shortened(&error.to_string())))
}

/// Names the value that serde refused.
pub(super) fn blame(path: &str, message: &str) -> Problem {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let code = [
        ("missing field", "missing"),
        ("unknown field", "unknown"),
        ("duplicate field", "duplicate"),
        ("invalid type", "wrong_type"),
    ]
    .into_iter()
    .find_map(|(beginning, code)| message.starts_with(beginning).then_some(code))
    .unwrap_or("invalid");
    // The first three are found while the object is read, so the path ends before the field.
    let named = matches!(code, "missing" | "unknown" | "duplicate")
        .then(|| message.split('`').nth(1))
        .flatten();
    let field = named.unwrap_or(if path == "." { "" } else { path });
    Problem::new(ProblemCode::RequestInvalid).errors(vec![FieldError {
        field: shortened(field),
        code,
        message: shortened(message),
    }])
}

/// What serde says repeats what it was given, which may be long.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    if text.chars().nth(MOST).is_none() {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use kabar_wire::{AddMembers, ChangeRole, MarkRead, Register};

    use super::*;

    fn refused<T: DeserializeOwned>(body: &[u8]) -> (&'static str, String, &'static str) {
        let Err(problem) = parse::<T>(body) else { panic!("{body:?} was taken") };
        let wire = problem.to_wire();
        let first = wire.errors.first();
        (
            wire.code,
            first.map(|error| error.field.clone()).unwrap_or_default(),
            first.map_or("", |error| error.code),
        )
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in [
            &b""[..],
            b"{",
            b"nope",
            b"{\"seq\":NaN}",
            b"{\"seq\":Infinity}",
            b"{\"seq\":1e999}",
            b"{\"seq\":01}",
            b"{\"seq\":1}x",
            b"{\"seq\":1,}",
            b"{\"\xff\":1}",
            b"{\"\\ud800\":1}",
        ] {
            assert_eq!(refused::<MarkRead>(body).0, "request.malformed_json", "{body:?}");
        }
        let deep = [&b"["[..]; 100_000].concat();
        assert_eq!(refused::<MarkRead>(&deep).0, "request.malformed_json");
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (body, field, code) in [
            ("{\"seq\":-1}", "seq", "invalid"),
            ("{\"seq\":1.0}", "seq", "wrong_type"),
            ("{\"seq\":-0}", "seq", "wrong_type"),
            ("{\"seq\":9223372036854775808}", "seq", "invalid"),
            ("{\"seq\":18446744073709551616}", "seq", "wrong_type"),
            ("{\"seq\":\"1\"}", "seq", "wrong_type"),
            ("{\"seq\":null}", "seq", "wrong_type"),
            ("{\"seq\":[[[[1]]]]}", "seq", "wrong_type"),
            ("{\"seq\":1,\"seq\":1}", "seq", "duplicate"),
            ("{\"seq\":1,\"role\":\"owner\"}", "role", "unknown"),
            ("{}", "seq", "missing"),
            ("[1]", "", "wrong_type"),
            ("null", "", "wrong_type"),
        ] {
            assert_eq!(
                refused::<MarkRead>(body.as_bytes()),
                ("request.invalid", field.to_owned(), code),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_none_of_several_words_is_named() {
        for (body, code) in [
            ("{\"role\":\"king\"}", "invalid"),
            ("{\"role\":1}", "wrong_type"),
            ("{\"role\":null}", "wrong_type"),
            ("{\"role\":[\"owner\"]}", "wrong_type"),
        ] {
            let refused = refused::<ChangeRole>(body.as_bytes());
            assert_eq!(refused, ("request.invalid", "role".to_owned(), code), "{body}");
        }
        assert_eq!(refused::<ChangeRole>(b"{\"role\":x}").0, "request.malformed_json");
    }

    #[test]
    fn a_wrong_value_in_a_list_is_named_by_its_place() {
        let body = b"{\"user_ids\":[\"0198c0de-0000-7000-8000-00000000abcd\",\"0198C0DE-0000-7000-8000-00000000ABCD\"]}";
        assert_eq!(
            refused::<AddMembers>(body),
            ("request.invalid", "user_ids[1]".to_owned(), "invalid")
        );
    }

    #[test]
    fn the_answer_does_not_repeat_a_long_text() {
        let body = format!("{{\"{}\":1}}", "x".repeat(60_000));
        let Err(problem) = parse::<Register>(body.as_bytes()) else { panic!("it was taken") };
        assert!(serde_json::to_string(&problem.to_wire()).unwrap().len() < 1000);
    }
}
