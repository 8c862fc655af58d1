//! Takes the body of a request in before anything works on it, within a size and a time (K10).
//!
//! The framework bounds the time of a request's head only; a body that trickles would otherwise hold
//! a handler for ever. As bodies are small, the deadline for the whole is the minimum rate.

use std::time::Duration;

use actix_http::ConnectionType;
use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{Method, header},
    middleware::Next,
    web::{self, Bytes, BytesMut},
};
use futures_util::StreamExt as _;

use super::refusing;
use crate::http::problem::{Problem, ProblemCode};

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyBounds {
    /// Most bytes.
    pub(crate) bytes: usize,
    /// How long all of it may take.
    pub(crate) within: Duration,
}

/// Why a body was not taken in.
enum Refused {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads the body, then lets the request go on with it.
pub(crate) async fn body_deadline<B: MessageBody + 'static>(
    bounds: web::Data<BodyBounds>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let payload = request.parts_mut().1.take();
    let taken = match payload {
        Payload::None => Ok(Payload::None),
        payload if is_socket(&request) => Ok(payload),
        payload => take_in(&request, payload, **bounds).await.map(Payload::from),
    };
    let code = match taken {
        Ok(payload) => {
            request.set_payload(payload);
            return Ok(next.call(request).await?.map_into_boxed_body());
        }
        Err(Refused::TooLarge) => ProblemCode::RequestBodyTooLarge,
        Err(Refused::TooSlow) => ProblemCode::RequestTimeout,
        Err(Refused::Broken) => ProblemCode::RequestMalformedBody,
    };
    // What is left of the body would be taken for the next request.
    let mut response = refusing(request, Problem::new(code));
    response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    Ok(response)
}

async fn take_in(
    request: &ServiceRequest,
    mut payload: Payload,
    bounds: BodyBounds,
) -> Result<Bytes, Refused> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bounds.bytes) {
        return Err(Refused::TooLarge);
    }
    let reading = async {
        let mut body = BytesMut::with_capacity(announced.unwrap_or(0));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| match error {
                PayloadError::Overflow => Refused::TooLarge,
                _ => Refused::Broken,
            })?;
            if body.len().saturating_add(chunk.len()) > bounds.bytes {
                return Err(Refused::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(bounds.within, reading).await.unwrap_or(Err(Refused::TooSlow))
}

/// Whether what follows the head are the frames of a socket, which has bounds of its own. By route,
/// not by the `Upgrade` header, which any client may send.
fn is_socket(request: &ServiceRequest) -> bool {
    request.method() == Method::GET && request.path() == "/v1/ws"
}
