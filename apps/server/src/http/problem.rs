//! What went wrong, as clients see it: `application/problem+json` (RFC 9457) with a stable code.

mod catalogue;
mod code;
mod field;
mod outside;
mod stamp;

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use kabar_wire::FieldError;

pub use self::{catalogue::catalogue, code::ProblemCode};
pub(crate) use self::{field::Fields, stamp::stamp};

/// Why a request was not done.
#[derive(Debug, Clone)]
pub struct Problem {
    code: ProblemCode,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
    request_id: Option<String>,
}

impl Problem {
    /// A problem with the detail that the catalogue has for its code.
    pub fn new(code: ProblemCode) -> Self {
        Self {
            code,
            detail: Cow::Borrowed(code.detail()),
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            request_id: None,
        }
    }

    /// The same with another detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same, to be tried again after so many seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same with values that are to blame.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// The same with the methods that the resource knows.
    #[must_use]
    pub const fn allow(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// One value that is not valid.
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ProblemCode::RequestInvalid).errors(vec![FieldError {
            field: field.into(),
            code,
            message: message.into(),
        }])
    }

    /// The same under another code, with the detail the catalogue has for that.
    #[must_use]
    pub(crate) fn with_code(mut self, code: ProblemCode) -> Self {
        self.code = code;
        self.detail(code.detail())
    }

    /// What went wrong.
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// The same, of the request with this name.
    #[must_use]
    pub(crate) fn of_request(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    /// What a client is told, over HTTP and WebSocket alike.
    pub fn to_wire(&self) -> kabar_wire::Problem {
        kabar_wire::Problem {
            code: self.code.as_str(),
            status: self.code.status(),
            title: self.code.title(),
            detail: self.detail.clone(),
            request_id: self.request_id.clone(),
            retry_after: self.retry_after,
            errors: self.errors.clone(),
        }
    }

    fn body(&self) -> Vec<u8> {
        // Strings and numbers only: this cannot fail, and an empty body is still the right status.
        serde_json::to_vec(&self.to_wire()).unwrap_or_default()
    }
}

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        if let Some(challenge) = self.code.challenge() {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = self.allow {
            response.insert_header((header::ALLOW, HeaderValue::from_static(methods)));
        }
        response.body(self.body())
    }
}
