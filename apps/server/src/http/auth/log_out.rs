use actix_web::{HttpResponse, web::Data};
use kabar_users::{LogOutError, Sessions};

use crate::http::{
    Caller, complete,
    problem::{Problem, ProblemCode},
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[];

/// Log out
///
/// Ends the session of the access token: its tokens are refused and its sockets closed within 2 s.
/// Other sessions of the account go on. Logging out again is refused as any use of an ended session is.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    operation_id = "logOut",
    tag = "auth",
    responses((status = 204, description = "The session is over.")),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, Problem> {
    complete(async move { sessions.log_out(caller.session).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}

impl From<LogOutError> for Problem {
    fn from(error: LogOutError) -> Self {
        match error {
            LogOutError::Port(error) => error.into(),
        }
    }
}
