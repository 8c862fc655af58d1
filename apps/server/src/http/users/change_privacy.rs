use actix_web::web::{self, Data};
use kabar_users::{Privacies, PrivacyChange};

use crate::{
    http::{
        Caller, complete,
        extract::Json,
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::UserNotFound, ProblemCode::RateLimitExceeded];

/// Change what one shows of oneself
///
/// What is absent or `null` stays as it is. It holds at once, for what others read as for what they are
/// told. Setting the same again changes nothing, so a retry is safe.
#[utoipa::path(
    patch,
    path = "/v1/users/me/privacy",
    operation_id = "changePrivacy",
    tag = "users",
    request_body = kabar_wire::ChangePrivacy,
    responses((status = 200, description = "What one shows now.", body = kabar_wire::Privacy)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    body: Json<kabar_wire::ChangePrivacy>,
    limits: Data<RateLimits>,
    privacies: Data<Privacies>,
) -> Result<web::Json<kabar_wire::Privacy>, Problem> {
    let kabar_wire::ChangePrivacy { receipts, typing, presence } = body.0;
    let change = PrivacyChange { receipts, typing, presence };
    limits.change(caller.user)?;
    let privacy = complete(async move { privacies.change(caller.user, change).await }).await??;
    Ok(web::Json(present::privacy(privacy)))
}
