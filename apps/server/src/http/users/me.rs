use actix_web::web::{self, Data};
use kabar_users::{Accounts, ProfileError};

use crate::{
    http::{
        Caller,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::UserNotFound];

/// One's own account
#[utoipa::path(
    get,
    path = "/v1/users/me",
    operation_id = "getMe",
    tag = "users",
    description = "The account of the access token.",
    responses((status = 200, description = "The account.", body = kabar_wire::User)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    accounts: Data<Accounts>,
) -> Result<web::Json<kabar_wire::User>, Problem> {
    Ok(web::Json(present::user(&accounts.profile(caller.user).await?)))
}

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::NotFound => Self::new(ProblemCode::UserNotFound),
            ProfileError::Port(error) => error.into(),
        }
    }
}
