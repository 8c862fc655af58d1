//! `HEAD` is `GET` without the body (RFC 9110 §9.3.2), for every resource.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

/// Hands a `HEAD` on as a `GET`. The body is made for its length and left out when the answer is
/// written, since the connection remembers what was asked.
pub(crate) async fn head<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}
