use actix_web::{HttpResponse, web::Data};
use kabar_groups::{Groups, LeaveError};

use crate::http::{
    Caller, complete,
    extract::GroupPath,
    problem::{Problem, ProblemCode},
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::GroupNotFound, ProblemCode::GroupLastOwner];

/// Leave a group
///
/// The only owner makes somebody else an owner first, unless nobody else is left.
/// Leaving again is answered that there is no such group.
#[utoipa::path(
    post,
    path = "/v1/groups/{group}/leave",
    operation_id = "leaveGroup",
    tag = "groups",
    params(("group" = kabar_wire::Id, Path, description = "The group.")),
    responses((status = 204, description = "Not a member any more.")),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: GroupPath,
    groups: Data<Groups>,
) -> Result<HttpResponse, Problem> {
    complete(async move { groups.leave(path.group, caller.user).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}

impl From<LeaveError> for Problem {
    fn from(error: LeaveError) -> Self {
        match error {
            LeaveError::GroupNotFound => Self::new(ProblemCode::GroupNotFound),
            LeaveError::LastOwner => Self::new(ProblemCode::GroupLastOwner),
            LeaveError::Port(error) => error.into(),
        }
    }
}
