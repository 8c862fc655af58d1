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

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_use_case_goes_on_when_its_handler_is_dropped() {
        let (started, has_started) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel::<()>();
        let (finished, has_finished) = oneshot::channel();
        let handler = tokio::spawn(complete(async move {
            started.send(()).unwrap();
            may_go_on.await.unwrap();
            finished.send(()).unwrap();
        }));
        has_started.await.unwrap();
        handler.abort();
        assert!(handler.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        assert_eq!(has_finished.await, Ok(()));
    }

    #[tokio::test]
    async fn a_use_case_that_panics_is_a_failure() {
        let ended = complete::<()>(async { panic!("as a test does") }).await;
        assert_eq!(ended.map_err(|problem| problem.code()), Err(ProblemCode::ServiceFailure));
    }
}
