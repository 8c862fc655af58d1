use actix_web::web::{self, Data};
use kabar_users::Accounts;

use crate::{
    http::{
        Caller,
        extract::UserPath,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::UserNotFound];

/// An account
///
/// What everybody who is logged in may know of somebody.
#[utoipa::path(
    get,
    path = "/v1/users/{user}",
    operation_id = "getUser",
    tag = "users",
    params(("user" = kabar_wire::Id, Path, description = "The account.")),
    responses((status = 200, description = "The account.", body = kabar_wire::User)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    _: Caller,
    path: UserPath,
    accounts: Data<Accounts>,
) -> Result<web::Json<kabar_wire::User>, Problem> {
    Ok(web::Json(present::user(&accounts.profile(path.user).await?)))
}
