//! Whether the process lives, and whether it should be given work.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use async_trait::async_trait;
use kabar_kernel::PortResult;
use serde_json::json;
use tokio::sync::Mutex;

use super::{
    problem::{Problem, ProblemCode},
    unknown,
};
use crate::drain::Draining;

/// How long the database may take to answer.
const PING_DEADLINE: Duration = Duration::from_secs(1);

/// How long an answer of the database is believed, so that asking often costs nothing.
const BELIEVED_FOR: Duration = Duration::from_secs(1);

/// What the server cannot do its work without.
#[async_trait]
pub(crate) trait Vital: Send + Sync {
    /// Whether it answers.
    ///
    /// # Errors
    /// It does not.
    async fn ping(&self) -> PortResult<()>;
}

/// Tells whether the server should be given work.
pub(crate) struct Readiness {
    vital: Arc<dyn Vital>,
    draining: Draining,
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    pub(crate) fn new(vital: Arc<dyn Vital>, draining: Draining) -> Self {
        Self { vital, draining, last: Mutex::new(None) }
    }

    /// Whether the database answers; asked at most once a second, and by one caller at a time.
    async fn vital_answers(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, answered)) = *last
            && at.elapsed() < BELIEVED_FOR
        {
            return answered;
        }
        let answered = match tokio::time::timeout(PING_DEADLINE, self.vital.ping()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database does not answer");
                false
            }
            Err(_elapsed) => {
                tracing::warn!("the database does not answer within {PING_DEADLINE:?}");
                false
            }
        };
        *last = Some((Instant::now(), answered));
        answered
    }
}

/// The routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let only_get = || web::to(|| unknown::method("GET"));
    config
        .service(
            web::resource("/health/live").route(web::get().to(live)).default_service(only_get()),
        )
        .service(
            web::resource("/health/ready").route(web::get().to(ready)).default_service(only_get()),
        );
}

/// The process lives: it answers.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// The server is to be given work: the database answers, and nobody has told it to end.
async fn ready(readiness: web::Data<Readiness>) -> Result<HttpResponse, Problem> {
    if readiness.draining.is_draining() {
        return Err(Problem::new(ProblemCode::ServiceDraining).retry_after(1));
    }
    if !readiness.vital_answers().await {
        return Err(Problem::new(ProblemCode::ServiceUnavailable).retry_after(1));
    }
    Ok(HttpResponse::Ok().json(json!({"status": "ready"})))
}
