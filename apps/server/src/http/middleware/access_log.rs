//! One line and two measurements a request. The query is never logged: it may carry a ticket.

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::request_id::RequestId;

/// What stands for the route of a request that matches none: its path is the client's invention, and
/// as a label it would make the metrics grow without bound.
const UNMATCHED: &str = "(unmatched)";

/// Logs and counts the request, and gives everything that is logged meanwhile its name.
pub(crate) async fn access_log<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    let method = known_method(request.method());
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.as_ref().map_or("-", |RequestId(id)| id.as_str());
    let span = tracing::info_span!("request", request_id = id, method);
    let answer = next.call(request).instrument(span.clone()).await;
    let took = began.elapsed();
    let (route, status) = match &answer {
        Ok(response) => (
            response.request().match_pattern().unwrap_or_else(|| UNMATCHED.to_owned()),
            response.status().as_u16(),
        ),
        Err(error) => (UNMATCHED.to_owned(), error.as_response_error().status_code().as_u16()),
    };
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(route, status, duration_us = micros, "answered"));
    metrics::counter!(
        "kabar_http_requests_total",
        "method" => method, "route" => route.clone(), "status" => status.to_string(),
    )
    .increment(1);
    metrics::histogram!("kabar_http_request_seconds", "route" => route).record(took.as_secs_f64());
    answer
}

/// The method if it is one that any route has; clients may send anything as one.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
