use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not done: `application/problem+json` (RFC 9457) over HTTP, the `data` of an
/// `error` frame over WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What went wrong, for programs: stable and dotted. `docs/PROBLEMS.md` lists all of them.
    #[schema(value_type = String, example = "request.invalid")]
    pub code: &'static str,
    /// The HTTP status code.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    pub status: u16,
    /// What went wrong, for people: the same for every occurrence of the code.
    #[schema(value_type = String, example = "Invalid values")]
    pub title: &'static str,
    /// What to do about this occurrence.
    #[schema(value_type = String, example = "Some of the values are not valid; `errors` says which.")]
    pub detail: Cow<'static, str>,
    /// Names the request in the server's log; also in the header `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0198c0de-0000-7000-8000-0000000000ff")]
    pub request_id: Option<String>,
    /// After how many seconds to try again, at least 1; over HTTP also in the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 1)]
    pub retry_after: Option<u64>,
    /// What is wrong with which value; absent unless values are to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// What is wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Which value: a path such as `member_ids[2]`; empty for the whole.
    #[schema(example = "username")]
    pub field: String,
    /// What is wrong, for programs: `missing`, `unknown`, `duplicate`, `wrong_type`, `invalid`,
    /// `length`, `too_long`, `empty`, `forbidden_character`, `common`, `conflict` or `not_found`.
    #[schema(value_type = String, example = "length")]
    pub code: &'static str,
    /// What is wrong, for people.
    #[schema(example = "must be 3 to 32 characters long")]
    pub message: String,
}
