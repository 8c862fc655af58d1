//! A panic ends one request, not the process (SECURITY K19). The panic hook has logged it.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use futures_util::FutureExt as _;

use crate::http::problem::{Problem, ProblemCode};

/// Answers 500 for a handler that panicked.
pub(crate) async fn containment<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // What the handler held is dropped by the unwinding and never looked at again; what it shared
    // with others is behind locks that tolerate poisoning, or in the database.
    let handled = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    match handled {
        Ok(answer) => Ok(answer?.map_into_boxed_body()),
        Err(_panic) => {
            metrics::counter!("kabar_http_panics_total").increment(1);
            Err(Problem::new(ProblemCode::ServiceFailure).into())
        }
    }
}
