//! What happens to every request around its handler, from the outside in:
//!
//! 1. [`request_id`] names it; everything logged and answered carries the name.
//! 2. [`access_log`] logs and counts it.
//! 3. [`head()`] makes a `HEAD` a `GET`.
//! 4. [`security_headers`] tells browsers what not to do with the answer.
//! 5. [`cors`] lets pages of configured origins in.
//! 6. [`compression`] makes large answers smaller.
//! 7. `problem::stamp` writes the request's name into problems.
//! 8. [`containment`] turns a panic into an answer.
//! 9. [`body_deadline`] takes the body in, within its size and time.
//! 10. [`overload`] refuses what is too much, and what takes too long.

mod access_log;
mod body_deadline;
mod client_address;
mod compression;
mod containment;
mod cors;
mod head;
mod overload;
mod request_id;
mod security_headers;
#[cfg(test)]
mod tests;
mod unanswered;

use actix_web::{
    HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
};

pub(crate) use self::{
    access_log::access_log,
    body_deadline::{BodyBounds, body_deadline},
    client_address::{TrustedProxies, client_address},
    compression::compression,
    containment::containment,
    cors::{CorsOrigins, cors},
    head::head,
    overload::{WorkBounds, overload},
    request_id::{RequestId, request_id},
    security_headers::{StrictTransport, security_headers},
};
use super::problem::Problem;

/// Answers a request with a problem.
fn refusing(request: ServiceRequest, problem: Problem) -> ServiceResponse<BoxBody> {
    // Made of an error, which `stamp` further out recognises; `into_response` would lose that.
    let (request, _payload) = request.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(problem))
}
