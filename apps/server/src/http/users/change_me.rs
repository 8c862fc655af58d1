use actix_web::web::{self, Data};
use kabar_users::{Accounts, DisplayName, ProfileChange};

use crate::{
    http::{
        Caller, complete,
        extract::Json,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::UserNotFound];

/// Change one's own account
///
/// What is absent or `null` stays as it is. A username never changes.
/// Doing it again changes nothing.
#[utoipa::path(
    patch,
    path = "/v1/users/me",
    operation_id = "changeMe",
    tag = "users",
    request_body = kabar_wire::ChangeProfile,
    responses((status = 200, description = "The account as it is now.", body = kabar_wire::User)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    body: Json<kabar_wire::ChangeProfile>,
    accounts: Data<Accounts>,
) -> Result<web::Json<kabar_wire::User>, Problem> {
    let display_name = body.0.display_name.as_deref().map(DisplayName::parse).transpose();
    let display_name = display_name.map_err(|flaw| Problem::flawed("display_name", &flaw))?;
    let change = ProfileChange { display_name };
    let user =
        complete(async move { accounts.change_profile(caller.user, change).await }).await??;
    Ok(web::Json(present::user(&user)))
}
