use actix_web::web::{self, Data};
use kabar_users::{LogIn, LogInError, Password, Sessions};

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
    &[ProblemCode::AuthInvalidCredentials, ProblemCode::RateLimitExceeded];

/// Log in
///
/// Opens a session, one for each device. A wrong username and a wrong password are not told apart.
/// Logging in again opens another session, and the one before ends by itself.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    operation_id = "logIn",
    tag = "auth",
    request_body = kabar_wire::LogIn,
    responses((status = 200, description = "The account and its tokens.", body = kabar_wire::LoggedIn)),
)]
pub(crate) async fn endpoint(
    address: ClientAddress,
    body: Json<kabar_wire::LogIn>,
    limits: Data<RateLimits>,
    sessions: Data<Sessions>,
) -> Result<web::Json<kabar_wire::LoggedIn>, Problem> {
    let attempt = LogIn { username: body.0.username, password: Password::attempt(body.0.password) };
    limits.log_in(&attempt.username, address.0)?;
    let logged_in = complete(async move { sessions.log_in(attempt).await }).await??;
    Ok(web::Json(present::logged_in(&logged_in)))
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::Refused => Self::new(ProblemCode::AuthInvalidCredentials),
            LogInError::Port(error) => error.into(),
        }
    }
}
