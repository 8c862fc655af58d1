use actix_web::web::{self, Data};
use kabar_users::{RefreshError, Sessions};

use crate::{
    http::{
        complete,
        extract::{ClientAddress, Json},
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::AuthRefreshRefused, ProblemCode::RateLimitExceeded];

/// Exchange a refresh token
///
/// Gives new tokens; the refresh token that was used is not good any more. Within 10 s it may be
/// sent again by a client that lost the answer. Used later, or after its successor was used, it ends the session: somebody has a copy.
#[utoipa::path(
    post,
    path = "/v1/auth/refresh",
    operation_id = "refresh",
    tag = "auth",
    request_body = kabar_wire::Refresh,
    responses((status = 200, description = "New tokens.", body = kabar_wire::Tokens)),
)]
pub(crate) async fn endpoint(
    address: ClientAddress,
    body: Json<kabar_wire::Refresh>,
    limits: Data<RateLimits>,
    sessions: Data<Sessions>,
) -> Result<web::Json<kabar_wire::Tokens>, Problem> {
    limits.refresh(address.0)?;
    let token = body.0.refresh_token;
    let tokens = complete(async move { sessions.refresh(&token).await }).await??;
    Ok(web::Json(present::tokens(&tokens)))
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Refused => Self::new(ProblemCode::AuthRefreshRefused),
            RefreshError::Port(error) => error.into(),
        }
    }
}
