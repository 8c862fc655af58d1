use super::problem::{Problem, ProblemCode};

/// Answers what no route knows.
pub(super) async fn route() -> Problem404 {
    Err(Problem::new(ProblemCode::RequestUnknownRoute))
}

type Problem404 = Result<&'static str, Problem>;

/// Answers a method that the route does not know.
pub(super) async fn method(allowed: &'static str) -> Problem404 {
    Err(Problem::new(ProblemCode::RequestMethodNotAllowed).allow(allowed))
}
