//! What is too much is refused at once, and what takes too long is given up (G11, K10).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};

use super::refusing;
use crate::http::problem::{Problem, ProblemCode};

/// How many requests may be worked on at once, over all threads, and for how long each.
#[derive(Debug, Clone)]
pub(crate) struct WorkBounds {
    /// Most at once.
    pub(crate) at_once: usize,
    /// Longest.
    pub(crate) within: Duration,
    under_way: Arc<AtomicUsize>,
}

impl WorkBounds {
    pub(crate) fn new(at_once: usize, within: Duration) -> Self {
        Self { at_once, within, under_way: Arc::default() }
    }

    fn admit(&self) -> Option<Place> {
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.under_way));
        metrics::gauge!("kabar_http_in_flight").increment(1);
        (before < self.at_once).then_some(place)
    }
}

/// One of the places for requests.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("kabar_http_in_flight").decrement(1);
    }
}

/// Answers 503 when all places are taken, or when the handler takes too long.
///
/// A handler that is given up is dropped at an `.await`; what it had begun to commit goes through.
pub(crate) async fn overload<B: MessageBody + 'static>(
    bounds: web::Data<WorkBounds>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Whoever asks how the server does must get an answer above all when it has too much to do.
    if request.path().starts_with("/health/") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let Some(_place) = bounds.admit() else {
        metrics::counter!("kabar_http_refused_total", "reason" => "in_flight").increment(1);
        let problem = Problem::new(ProblemCode::ServiceOverloaded).retry_after(1);
        return Ok(refusing(request, problem));
    };
    match tokio::time::timeout(bounds.within, next.call(request)).await {
        Ok(answer) => Ok(answer?.map_into_boxed_body()),
        Err(_elapsed) => {
            metrics::counter!("kabar_http_refused_total", "reason" => "handler_timeout")
                .increment(1);
            Err(Problem::new(ProblemCode::ServiceOverloaded).retry_after(1).into())
        }
    }
}
