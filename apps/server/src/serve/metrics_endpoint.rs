//! `/metrics` on its own address, for Prometheus only.

use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, http::header, web};
use metrics_exporter_prometheus::PrometheusHandle;

use super::{ServeError, listen};
use crate::{config::Config, telemetry};

/// Starts to offer metrics, if they are configured; the handle ends that.
pub(super) fn start(config: &Config) -> Result<Option<ServerHandle>, ServeError> {
    let Some(address) = config.metrics.bind else { return Ok(None) };
    let recorder = web::Data::new(telemetry::metrics()?);
    let failed = |source| ServeError::Metrics { address, source };
    let server = HttpServer::new(move || {
        App::new().app_data(recorder.clone()).route("/metrics", web::get().to(metrics))
    })
    .workers(1)
    .max_connections(64)
    .client_request_timeout(Duration::from_secs(5))
    .disable_signals()
    .listen(listen(address).map_err(failed)?)
    .map_err(failed)?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    tracing::info!(%address, "metrics are offered");
    Ok(Some(handle))
}

async fn metrics(recorder: web::Data<PrometheusHandle>) -> HttpResponse {
    recorder.run_upkeep();
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4"))
        .body(recorder.render())
}
