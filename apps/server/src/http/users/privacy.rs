use actix_web::web::{self, Data};
use kabar_users::Privacies;

use crate::{
    http::{
        Caller,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::UserNotFound];

/// What one shows of oneself
///
/// To those who share a conversation with one. Nobody else sees these switches.
#[utoipa::path(
    get,
    path = "/v1/users/me/privacy",
    operation_id = "getPrivacy",
    tag = "users",
    responses((status = 200, description = "What one shows.", body = kabar_wire::Privacy)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    privacies: Data<Privacies>,
) -> Result<web::Json<kabar_wire::Privacy>, Problem> {
    Ok(web::Json(present::privacy(privacies.of(caller.user).await?)))
}
