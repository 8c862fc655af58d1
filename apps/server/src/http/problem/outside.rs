use std::error::Error;

use kabar_kernel::PortError;

use super::{Problem, ProblemCode};
use crate::rate_limits::RetryAfter;

/// Here the failure of a port is logged, once; the client learns that there was one.
impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let source: &(dyn Error + 'static) = &*error.source;
        tracing::error!(
            operation = error.operation,
            transient = error.transient,
            error = source,
            "failed to {}",
            error.operation
        );
        if error.transient {
            Self::new(ProblemCode::ServiceUnavailable).retry_after(1)
        } else {
            Self::new(ProblemCode::ServiceFailure)
        }
    }
}

impl From<RetryAfter> for Problem {
    fn from(wait: RetryAfter) -> Self {
        Self::new(ProblemCode::RateLimitExceeded).retry_after(wait.seconds())
    }
}
