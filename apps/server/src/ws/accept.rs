//! `GET /v1/ws`: from a request to a socket.

use std::sync::Arc;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    body::BoxBody,
    dev,
    http::header::{AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE},
    web::{self, ServiceConfig},
};
use kabar_realtime::Connection;
use kabar_users::Identity;

use super::{
    Gateway, body::Frames, connection, frame_guard::FrameGuard, incoming::Incoming, origin,
};
use crate::{
    drain::Draining,
    http::{
        guard,
        problem::{Problem, ProblemCode},
    },
};

/// The endpoint.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let endpoint = web::resource("/v1/ws").route(web::get().to(accept));
    config.service(endpoint.default_service(web::to(other_method)));
}

async fn other_method() -> Result<HttpResponse, Problem> {
    Err(Problem::new(ProblemCode::RequestMethodNotAllowed).allow("GET"))
}

async fn accept(
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
    draining: web::Data<Draining>,
) -> Result<HttpResponse, Problem> {
    if draining.is_draining() {
        return Err(Problem::new(ProblemCode::ServiceDraining).retry_after(1));
    }
    if !origin::allowed(request.headers(), &gateway.settings.origins) {
        return Err(Problem::new(ProblemCode::RequestOriginRefused));
    }
    if !request.query_string().is_empty() {
        // Nothing is read from the address, least of all a token: addresses end up in logs.
        return Err(Problem::field("", "unknown", "this address takes no query"));
    }
    let identity = identify(&request, &gateway).await?;
    let place = gateway
        .clone()
        .into_inner()
        .admit()
        .ok_or_else(|| Problem::new(ProblemCode::ServiceOverloaded).retry_after(1))?;

    let (guarded, verdict) = FrameGuard::new(payload.into_inner(), gateway.settings.max_frame);
    let guarded: actix_http::BoxedPayloadStream = Box::pin(guarded);
    let mut guarded = dev::Payload::from(guarded);
    let payload = web::Payload::from_request(&request, &mut guarded)
        .await
        .map_err(|_| Problem::new(ProblemCode::RequestUpgradeRequired))?;
    let Ok((response, session, messages)) = actix_ws::handle(&request, payload) else {
        return Ok(upgrade_required());
    };
    // Frames go out through the connection's own bounded queue.
    drop(session);

    let gateway = gateway.into_inner();
    let connection =
        Arc::new(Connection::new(gateway.settings.queue, gateway.services.hub.seconds()));
    let messages = messages
        .max_frame_size(gateway.settings.max_frame)
        .aggregate_continuations()
        .max_continuation_size(gateway.settings.max_frame);
    let incoming = Incoming::new(messages, verdict, Arc::clone(&connection));
    let frames = Arc::clone(&connection);
    actix_web::rt::spawn(async move {
        connection::run(gateway, connection, incoming, identity, &draining).await;
        drop(place);
    });
    Ok(response.map_body(|_, body| BoxBody::new(Frames::new(frames, body))))
}

/// The refusal that says what to come with: the protocol (RFC 9110 §15.5.22) and its version (RFC 6455
/// §4.4).
fn upgrade_required() -> HttpResponse {
    let problem = Problem::new(ProblemCode::RequestUpgradeRequired);
    let mut response = HttpResponse::from_error(problem);
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

/// Who the upgrade says is there; `None` when it says nothing and the first frame has to.
async fn identify(request: &HttpRequest, gateway: &Gateway) -> Result<Option<Identity>, Problem> {
    if !request.headers().contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let token = guard::bearer(request)?;
    Ok(Some(gateway.services.sessions.check(token).await?))
}
