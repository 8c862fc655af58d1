use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse,
    body::{BoxBody, to_bytes},
    dev::{Payload, Service, ServiceResponse},
    error::PayloadError,
    http::{Method, StatusCode, header},
    middleware::from_fn,
    test::{TestRequest, init_service},
    web::{self, Bytes},
};
use futures_util::{future::join, stream};
use kabar_kernel::{IdSource, SystemIds};
use serde_json::Value;
use tokio::sync::Notify;

use super::*;
use crate::http::problem::stamp;

const ORIGIN: &str = "https://chat.example.org";

/// What a test may change about the application.
struct Bounds {
    body_within: Duration,
    handler_within: Duration,
    at_once: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        let long = Duration::from_secs(30);
        Self { body_within: long, handler_within: long, at_once: 100 }
    }
}

/// Holds handlers of `/wait` until the test lets them go.
#[derive(Default)]
struct Gate {
    entered: AtomicUsize,
    open: Notify,
}

async fn wait(gate: web::Data<Gate>) -> HttpResponse {
    gate.entered.fetch_add(1, Ordering::SeqCst);
    gate.open.notified().await;
    HttpResponse::Ok().finish()
}

async fn echo(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}

async fn fail() -> HttpResponse {
    panic!("on purpose")
}

async fn name(request: HttpRequest) -> String {
    use actix_web::HttpMessage as _;
    request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone()).unwrap_or_default()
}

/// The layers as the server has them, around handlers of the test's.
async fn app(
    bounds: Bounds,
    gate: Arc<Gate>,
) -> impl Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error>
{
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
    init_service(
        App::new()
            .app_data(web::Data::from(gate))
            .app_data(web::Data::from(ids))
            .app_data(web::Data::new(BodyBounds { bytes: 4096, within: bounds.body_within }))
            .app_data(web::Data::new(WorkBounds::new(bounds.at_once, bounds.handler_within)))
            .app_data(web::Data::new(CorsOrigins::new(&[ORIGIN.parse().unwrap()])))
            .app_data(web::Data::new(StrictTransport(false)))
            .route("/wait", web::get().to(wait))
            .route("/echo", web::post().to(echo))
            .route("/fail", web::get().to(fail))
            .route("/name", web::get().to(name))
            .wrap(from_fn(overload))
            .wrap(from_fn(body_deadline))
            .wrap(from_fn(containment))
            .wrap(from_fn(stamp))
            .wrap(from_fn(compression))
            .wrap(from_fn(cors))
            .wrap(from_fn(security_headers))
            .wrap(from_fn(access_log))
            .wrap(from_fn(request_id)),
    )
    .await
}

/// The answer to a request, also when it comes as an error, as the connection would send it.
async fn answer(
    app: &impl Service<
        actix_http::Request,
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
    >,
    request: TestRequest,
) -> HttpResponse {
    match app.call(request.to_request()).await {
        Ok(response) => response.into_parts().1,
        Err(error) => HttpResponse::from_error(error),
    }
}

fn text<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn assert_problem(response: HttpResponse, status: u16, code: &str) {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(text(&response, "content-type"), "application/problem+json");
    assert_eq!(text(&response, "x-content-type-options"), "nosniff");
    assert_eq!(text(&response, "cache-control"), "no-store");
    let id = text(&response, "x-request-id").to_owned();
    assert!(!id.is_empty());
    let body: Value =
        serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap();
    assert_eq!(body["code"], code);
    assert_eq!(body["request_id"], id.as_str());
}

#[actix_web::test]
async fn a_request_keeps_the_name_its_client_gave_it() {
    let app = app(Bounds::default(), Arc::default()).await;
    let request = TestRequest::get().uri("/name").insert_header(("x-request-id", "mine-1"));
    let response = answer(&app, request).await;
    assert_eq!(text(&response, "x-request-id"), "mine-1");
    assert_eq!(to_bytes(response.into_body()).await.unwrap(), "mine-1");

    let request = TestRequest::get().uri("/name").insert_header(("x-request-id", "not mine"));
    let response = answer(&app, request).await;
    let id = text(&response, "x-request-id").to_owned();
    assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id}");
    assert_eq!(to_bytes(response.into_body()).await.unwrap(), id);
}

#[actix_web::test]
async fn every_answer_tells_browsers_what_not_to_do_with_it() {
    let app = app(Bounds::default(), Arc::default()).await;
    for path in ["/name", "/nowhere", "/api-docs/nowhere"] {
        let response = answer(&app, TestRequest::get().uri(path)).await;
        assert_eq!(text(&response, "x-content-type-options"), "nosniff");
        assert_eq!(text(&response, "referrer-policy"), "no-referrer");
        assert_eq!(text(&response, "x-frame-options"), "DENY");
        assert_eq!(text(&response, "strict-transport-security"), "");
        let policy = text(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert_eq!(policy.contains("script-src"), path.starts_with("/api-docs"), "{policy}");
    }
}

#[actix_web::test]
async fn a_panic_is_an_answer() {
    let app = app(Bounds::default(), Arc::default()).await;
    let response = answer(&app, TestRequest::get().uri("/fail")).await;
    assert_problem(response, 500, "service.failure").await;
    let request = TestRequest::get().uri("/fail").insert_header((header::ORIGIN, ORIGIN));
    let response = answer(&app, request).await;
    assert_eq!(text(&response, "access-control-allow-origin"), ORIGIN);
}

#[actix_web::test]
async fn what_is_more_than_the_server_works_on_at_once_is_refused_at_once() {
    let gate = Arc::<Gate>::default();
    let app = app(Bounds { at_once: 1, ..Bounds::default() }, Arc::clone(&gate)).await;
    let first = answer(&app, TestRequest::get().uri("/wait"));
    let second = async {
        while gate.entered.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let refused = answer(&app, TestRequest::get().uri("/wait")).await;
        gate.open.notify_one();
        refused
    };
    let (first, second) = join(first, second).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(text(&second, "retry-after"), "1");
    assert_problem(second, 503, "service.overloaded").await;

    gate.open.notify_one();
    let third = answer(&app, TestRequest::get().uri("/wait")).await;
    assert_eq!(third.status(), StatusCode::OK, "the place was given back");
}

#[actix_web::test]
async fn a_handler_that_takes_too_long_is_given_up() {
    let within = Duration::from_millis(20);
    let app = app(Bounds { handler_within: within, ..Bounds::default() }, Arc::default()).await;
    let response = answer(&app, TestRequest::get().uri("/wait")).await;
    assert_eq!(text(&response, "retry-after"), "1");
    assert_problem(response, 503, "service.overloaded").await;
}

/// A request whose body comes in these pieces, and then never ends.
async fn post_pieces(bounds: Bounds, pieces: Vec<Result<Bytes, PayloadError>>) -> HttpResponse {
    let app = app(bounds, Arc::default()).await;
    let request = TestRequest::post().uri("/echo").to_request();
    let body = futures_util::StreamExt::chain(stream::iter(pieces), stream::pending());
    let payload: actix_http::BoxedPayloadStream = Box::pin(body);
    let (request, _) = request.replace_payload(Payload::from(payload));
    match app.call(request).await {
        Ok(response) => response.into_parts().1,
        Err(error) => HttpResponse::from_error(error),
    }
}

#[actix_web::test]
async fn a_body_that_trickles_is_given_up() {
    let bounds = Bounds { body_within: Duration::from_millis(20), ..Bounds::default() };
    let response = post_pieces(bounds, vec![Ok(Bytes::from_static(b"{"))]).await;
    assert_problem(response, 408, "request.timeout").await;
}

#[actix_web::test]
async fn a_body_without_end_is_refused_at_the_limit() {
    let pieces = (0..5).map(|_| Ok(Bytes::from(vec![b' '; 1024]))).collect();
    let response = post_pieces(Bounds::default(), pieces).await;
    assert_problem(response, 413, "request.body_too_large").await;
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_malformed() {
    let pieces = vec![Ok(Bytes::from_static(b"{")), Err(PayloadError::Incomplete(None))];
    let response = post_pieces(Bounds::default(), pieces).await;
    assert_problem(response, 400, "request.malformed_body").await;
}

#[actix_web::test]
async fn a_body_reaches_its_handler_as_it_was_sent() {
    let app = app(Bounds::default(), Arc::default()).await;
    let response = answer(&app, TestRequest::post().uri("/echo").set_payload("{\"a\":1}")).await;
    assert_eq!(to_bytes(response.into_body()).await.unwrap(), "{\"a\":1}");
    let announced = TestRequest::post()
        .uri("/echo")
        .set_payload("{")
        .insert_header((header::CONTENT_LENGTH, "4097"));
    assert_problem(answer(&app, announced).await, 413, "request.body_too_large").await;
}

#[actix_web::test]
async fn large_text_is_compressed_for_those_who_take_it() {
    let app = app(Bounds::default(), Arc::default()).await;
    let post = |body: usize, encoding: &str| {
        TestRequest::post()
            .uri("/echo")
            .insert_header((header::ACCEPT_ENCODING, encoding))
            .set_payload(" ".repeat(body))
    };
    let response = answer(&app, post(2048, "gzip, br")).await;
    assert_eq!(text(&response, "content-encoding"), "gzip");
    for (body, encoding) in [(2048, "identity"), (2048, "br"), (2048, "gzip;q=0"), (100, "gzip")] {
        let response = answer(&app, post(body, encoding)).await;
        assert_eq!(text(&response, "content-encoding"), "", "{body} {encoding}");
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[actix_web::test]
async fn pages_of_configured_origins_are_let_in_and_no_others() {
    let app = app(Bounds::default(), Arc::default()).await;
    let ask = |origin: &str| {
        TestRequest::default()
            .method(Method::OPTIONS)
            .uri("/echo")
            .insert_header((header::ORIGIN, origin))
            .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, "POST"))
    };
    let response = answer(&app, ask(ORIGIN)).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(text(&response, "access-control-allow-origin"), ORIGIN);
    assert!(text(&response, "access-control-allow-headers").contains("authorization"));
    assert_eq!(text(&response, "access-control-allow-credentials"), "");
    for foreign in [
        "https://chat.example.org.evil.example",
        "http://chat.example.org",
        "null",
        "https://example.org",
    ] {
        let response = answer(&app, ask(foreign)).await;
        assert_eq!(text(&response, "access-control-allow-origin"), "", "{foreign}");
        assert_ne!(response.status(), StatusCode::NO_CONTENT);
    }
    let request = TestRequest::get().uri("/name").insert_header((header::ORIGIN, ORIGIN));
    let response = answer(&app, request).await;
    assert_eq!(text(&response, "access-control-allow-origin"), ORIGIN);
    assert_eq!(text(&response, "vary"), "origin");
}
