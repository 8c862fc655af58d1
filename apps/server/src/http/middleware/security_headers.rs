//! What browsers are told (OWASP ASVS 5.0 §3.4). A handler that sets one of these itself is left its
//! own value.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web,
};

use super::unanswered;

/// Whether browsers are told to come by TLS only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StrictTransport(pub(crate) bool);

/// The API answers data: nothing of it is ever to be run or framed.
const API_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Swagger UI is a page with its own scripts, styles (inline ones too) and embedded images, which
/// calls this server's API.
const DOCS_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// One year, as the preload lists of browsers ask for.
const STRICT_TRANSPORT: HeaderValue =
    HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Adds the headers.
pub(crate) async fn security_headers<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_docs = request.path() == "/api-docs" || request.path().starts_with("/api-docs/");
    let strict = request.app_data::<web::Data<StrictTransport>>().is_some_and(|strict| strict.0);
    let policy = if is_docs { DOCS_POLICY } else { API_POLICY };
    match next.call(request).await {
        Ok(mut response) => {
            let is_json = is_json(response.headers());
            protect(response.headers_mut(), policy, strict, is_json);
            Ok(response)
        }
        Err(error) => {
            Err(unanswered::with_headers(&error, |headers| protect(headers, policy, strict, true)))
        }
    }
}

fn protect(headers: &mut HeaderMap, policy: HeaderValue, strict: bool, is_json: bool) {
    add(headers, header::CONTENT_SECURITY_POLICY, policy);
    add(headers, header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    add(headers, header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    add(headers, header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if strict {
        add(headers, header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    if is_json {
        add(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
        kind.starts_with("application/json") || kind.starts_with("application/problem+json")
    })
}
