use std::future::Future;

use tracing::Instrument;

use super::problem::{Problem, ProblemCode};

/// Lets a use case of several steps run to its end also when the client goes away: actix drops the
/// handler then, but not what the handler spawned.
///
/// # Errors
/// The use case panicked.
pub(crate) async fn complete<T: Send + 'static>(
    use_case: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    tokio::spawn(use_case.in_current_span()).await.map_err(|error| {
        tracing::error!(%error, "a use case ended early");
        Problem::new(ProblemCode::ServiceFailure)
    })
}
