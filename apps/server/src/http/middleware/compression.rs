//! Compresses what gains by it (gzip), for clients that take it.

use actix_http::encoding::Encoder;
use actix_web::{
    Error,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        self, AcceptEncoding, ContentEncoding, Encoding, Header as _, HeaderMap, HeaderValue,
    },
    middleware::Next,
};

/// Smaller bodies fit into one packet either way.
const WORTH_IT: u64 = 1024;

/// Compresses answers of text of at least 1 KiB.
pub(crate) async fn compression<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let takes_gzip = takes_gzip(&request);
    let mut response = next.call(request).await?.map_into_boxed_body();
    let large = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes >= WORTH_IT,
        BodySize::None | BodySize::Stream => false,
    };
    if !large || !is_text(response.headers()) {
        return Ok(response);
    }
    if !takes_gzip {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
        return Ok(response);
    }
    // Says itself that the answer varies.
    Ok(response
        .map_body(|head, body| Encoder::response(ContentEncoding::Gzip, head, body))
        .map_into_boxed_body())
}

fn takes_gzip(request: &ServiceRequest) -> bool {
    let known = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request)
        .ok()
        .filter(|_| request.headers().contains_key(header::ACCEPT_ENCODING))
        .and_then(|accepted| accepted.negotiate(known.iter()))
        .is_some_and(|encoding| encoding == Encoding::gzip())
}

fn is_text(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        kind.starts_with("text/")
            || kind.starts_with("application/json")
            || kind.starts_with("application/problem+json")
            || kind.starts_with("application/javascript")
            || kind.starts_with("image/svg+xml")
    })
}
