use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    middleware::Next,
};

use super::{PROBLEM_JSON, Problem, ProblemCode};
use crate::http::middleware::RequestId;

/// Middleware that writes the request's id into every problem, and makes a problem of every bare
/// error of the framework. To be the innermost one, within that which names the request.
pub(crate) async fn stamp(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone());
    let response = match next.call(request).await {
        Ok(response) => response,
        // A middleware within gave up on the request, and has no request left to answer.
        Err(error) => {
            let problem = error.as_error::<Problem>().cloned();
            return Err(problem.map_or(error, |problem| problem.of_request(request_id).into()));
        }
    };
    let Some(problem) = problem_of(&response) else {
        return Ok(response.map_into_boxed_body());
    };
    let problem = problem.of_request(request_id);
    let mut response = response.map_body(|_, _| BoxBody::new(problem.body()));
    *response.response_mut().status_mut() = problem.status_code();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    Ok(response)
}

/// The problem that a response stands for, if it does.
fn problem_of<B>(response: &ServiceResponse<B>) -> Option<Problem> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let known = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    // A body that says what is wrong in its own way, such as that of a health check, is kept.
    let says_so = response.headers().get(header::CONTENT_TYPE).is_some_and(|media_type| {
        media_type.as_bytes().starts_with(PROBLEM_JSON.as_bytes())
            || media_type.as_bytes().starts_with(b"application/json")
    });
    known.or_else(|| (!says_so).then(|| Problem::new(code_of(status))))
}

fn code_of(status: StatusCode) -> ProblemCode {
    match status {
        StatusCode::NOT_FOUND => ProblemCode::RequestUnknownRoute,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::RequestMethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ProblemCode::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::RequestBodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemCode::RequestUnsupportedMediaType,
        StatusCode::TOO_MANY_REQUESTS => ProblemCode::RateLimitExceeded,
        StatusCode::SERVICE_UNAVAILABLE => ProblemCode::ServiceUnavailable,
        other if other.as_u16() < 500 => ProblemCode::RequestMalformed,
        _ => ProblemCode::ServiceFailure,
    }
}
