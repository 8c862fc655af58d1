use actix_web::{
    http::StatusCode,
    web::{self, Data},
};
use kabar_users::{Accounts, DisplayName, Password, Register, RegisterError, Username};

use crate::{
    http::{
        complete,
        extract::{ClientAddress, Json},
        problem::{Fields, Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::UserUsernameTaken, ProblemCode::RateLimitExceeded];

/// Make an account
///
/// Makes an account and logs it in. Usernames are unique after folding: `Ayu` and `ayu` are one.
/// Registering again is answered that the username is taken; a client that lost the answer logs in.
#[utoipa::path(
    post,
    path = "/v1/auth/register",
    operation_id = "register",
    tag = "auth",
    request_body = kabar_wire::Register,
    responses((status = 201, description = "The account and its tokens.", body = kabar_wire::LoggedIn)),
)]
pub(crate) async fn endpoint(
    address: ClientAddress,
    body: Json<kabar_wire::Register>,
    limits: Data<RateLimits>,
    accounts: Data<Accounts>,
) -> Result<(web::Json<kabar_wire::LoggedIn>, StatusCode), Problem> {
    let command = command(body.0)?;
    limits.register(address.0)?;
    let made = complete(async move { accounts.register(command).await }).await??;
    Ok((web::Json(present::logged_in(&made)), StatusCode::CREATED))
}

fn command(body: kabar_wire::Register) -> Result<Register, Problem> {
    let mut fields = Fields::new();
    let username = fields.take("username", Username::parse(&body.username));
    let password = fields.take("password", Password::choose(body.password));
    let display_name = body.display_name.as_deref().map(DisplayName::parse).transpose();
    let display_name = fields.take("display_name", display_name);
    match (username, password, display_name) {
        (Some(username), Some(password), Some(display_name)) => {
            Ok(Register { username, password, display_name })
        }
        _ => Err(fields.into_problem()),
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::UsernameTaken => Self::new(ProblemCode::UserUsernameTaken),
            RegisterError::Port(error) => error.into(),
        }
    }
}
