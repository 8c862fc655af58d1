use actix_web::web::{self, Data};
use kabar_chats::{Presence, Presences};

use crate::{
    http::{
        Caller,
        extract::UserPath,
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::RateLimitExceeded];

/// Whether somebody is there
///
/// For those who share a conversation with them, unless they hide it. Everybody else is answered as if
/// they never had been there, also about accounts that there are none of.
#[utoipa::path(
    get,
    path = "/v1/users/{user}/presence",
    operation_id = "getPresence",
    tag = "users",
    params(("user" = kabar_wire::Id, Path, description = "The account.")),
    responses((status = 200, description = "Whether they are there.", body = kabar_wire::Presence)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: UserPath,
    limits: Data<RateLimits>,
    presences: Data<Presences>,
) -> Result<web::Json<kabar_wire::Presence>, Problem> {
    limits.search(caller.user)?;
    let presences = presences.of(caller.user, &[path.user]).await?;
    let presence = presences.first().copied().unwrap_or(Presence::unknown(path.user));
    Ok(web::Json(present::presence(&presence)))
}
