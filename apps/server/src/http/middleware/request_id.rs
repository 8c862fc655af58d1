//! Every request has a name, so that what a client saw can be found in the log.

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
    web,
};
use kabar_kernel::IdSource;

use super::unanswered;

/// The header that carries it, in requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The name of a request: the client's `x-request-id` when it is 1 to 64 of `A-Za-z0-9._-`, else a
/// new UUID. An extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    fn of_client(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        ((1..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }
}

/// Names the request, for the handler and in the answer.
pub(crate) async fn request_id<B: MessageBody + 'static>(
    ids: web::Data<dyn IdSource>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = request
        .headers()
        .get(HEADER)
        .and_then(RequestId::of_client)
        .unwrap_or_else(|| RequestId(ids.next_id().to_string()));
    request.extensions_mut().insert(id.clone());
    let answer = next.call(request).await;
    // Visible ASCII both ways it was made, so it always is a value.
    let Ok(value) = HeaderValue::from_str(&id.0) else { return answer };
    match answer {
        Ok(mut response) => {
            response.headers_mut().insert(HEADER, value);
            Ok(response)
        }
        Err(error) => {
            Err(unanswered::with_headers(&error, |headers| drop(headers.insert(HEADER, value))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_forge_a_log_line_is_not_taken() {
        let taken = |text| RequestId::of_client(&HeaderValue::from_bytes(text).unwrap()).is_some();
        assert!(taken(b"a-b_c.9"));
        assert!(taken(&[b'a'; 64]));
        for wrong in [&b""[..], &[b'a'; 65], b"a b", b"a\tb", "ä".as_bytes(), b"a\"b", b"{}"] {
            assert!(!taken(wrong), "{wrong:?}");
        }
    }
}
