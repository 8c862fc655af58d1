//! What is answered when a request is gone before it was answered: its handler panicked, or was given
//! up. A middleware has no request then to make an answer for, only an error to pass on; the layers
//! further out write into that what they would have written into the answer.

use std::fmt;

use actix_web::{
    Error, HttpResponse, ResponseError,
    http::{StatusCode, header::HeaderMap},
};

use crate::http::problem::{Problem, ProblemCode};

/// A problem with the headers that its answer shall have.
#[derive(Debug, Clone)]
struct Unanswered {
    problem: Problem,
    headers: HeaderMap,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Unanswered {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.problem.error_response();
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}

/// The error, with more headers for its answer.
pub(super) fn with_headers(error: &Error, add: impl FnOnce(&mut HeaderMap)) -> Error {
    let mut unanswered = unanswered(error);
    add(&mut unanswered.headers);
    unanswered.into()
}

fn unanswered(error: &Error) -> Unanswered {
    if let Some(unanswered) = error.as_error::<Unanswered>() {
        return unanswered.clone();
    }
    let problem = error.as_error::<Problem>().cloned();
    Unanswered {
        problem: problem.unwrap_or_else(|| Problem::new(ProblemCode::ServiceFailure)),
        headers: HeaderMap::new(),
    }
}
