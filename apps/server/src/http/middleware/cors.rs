//! Lets pages of configured origins use the API (Fetch standard, CORS protocol).
//!
//! Exact origins only, and never with credentials: tokens travel in a header that a page must set
//! itself. For every other origin the answer carries nothing, and the browser keeps it from the page.

use std::sync::Arc;

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web,
};

use super::unanswered;
use crate::config::Origin;

/// The origins that are let in.
#[derive(Debug, Clone, Default)]
pub(crate) struct CorsOrigins(Arc<[Origin]>);

impl CorsOrigins {
    pub(crate) fn new(origins: &[Origin]) -> Self {
        Self(origins.into())
    }

    /// The `Origin` of a request, if it is one of them.
    fn admitted(&self, request: &ServiceRequest) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        self.0
            .iter()
            .any(|known| known.as_str().as_bytes() == origin.as_bytes())
            .then(|| origin.clone())
    }
}

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, x-request-id");
const ANSWER_HEADERS: HeaderValue =
    HeaderValue::from_static("x-request-id, retry-after, location, www-authenticate");
/// Seconds a browser may remember a preflight: what Chromium allows at most.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Answers preflights of configured origins, and opens answers to them.
pub(crate) async fn cors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(origins) = request.app_data::<web::Data<CorsOrigins>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let admitted = origins.admitted(&request);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &admitted {
        Some(_) if is_preflight => {
            let mut response = request.into_response(HttpResponse::NoContent().finish());
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            response
        }
        _ => match next.call(request).await {
            Ok(response) => response.map_into_boxed_body(),
            Err(error) => {
                return Err(unanswered::with_headers(&error, |headers| {
                    open(headers, &origins, admitted);
                }));
            }
        },
    };
    open(response.headers_mut(), &origins, admitted);
    Ok(response)
}

/// Opens an answer to the page that asked, if it is let in.
fn open(headers: &mut HeaderMap, origins: &CorsOrigins, admitted: Option<HeaderValue>) {
    if !origins.0.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = admitted {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }
}
