use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use futures_util::future::LocalBoxFuture;
use kabar_users::{CheckError, Identity, Sessions, ports::TokenRejected};

use super::problem::{Problem, ProblemCode};

/// Who makes the request: the bearer of an access token whose session is live.
///
/// To be the first argument of a handler, so that nothing else is said to a stranger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(pub(crate) Identity);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request).map(str::to_owned);
        let sessions = request.app_data::<Data<Sessions>>().cloned().map(Data::into_inner);
        Box::pin(async move { check(sessions, &token?).await })
    }
}

async fn check(sessions: Option<Arc<Sessions>>, token: &str) -> Result<Caller, Problem> {
    let Some(sessions) = sessions else {
        tracing::error!("no sessions were given to the application");
        return Err(Problem::new(ProblemCode::ServiceFailure));
    };
    Ok(Caller(sessions.check(token).await?))
}

/// The token of the header `Authorization: Bearer …` (RFC 6750 §2.1), and of no other place.
pub(crate) fn bearer(request: &HttpRequest) -> Result<&str, Problem> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value =
        values.next().ok_or_else(|| Problem::new(ProblemCode::AuthTokenMissing))?.as_bytes();
    let invalid = || Problem::new(ProblemCode::AuthTokenInvalid);
    if values.next().is_some() {
        return Err(invalid());
    }
    let value = str::from_utf8(value).map_err(|_| invalid())?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Problem::new(ProblemCode::AuthTokenMissing)),
    }
}

impl From<CheckError> for Problem {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Token(TokenRejected::Expired) => Self::new(ProblemCode::AuthTokenExpired),
            CheckError::Token(TokenRejected::Invalid) => Self::new(ProblemCode::AuthTokenInvalid),
            CheckError::SessionOver => Self::new(ProblemCode::AuthSessionEnded),
            CheckError::Port(error) => error.into(),
        }
    }
}
