use actix_web::{HttpResponse, web::Data};
use kabar_groups::{Groups, RemoveMemberError};

use crate::http::{
    Caller, complete,
    extract::MemberPath,
    problem::{Problem, ProblemCode},
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::GroupNotFound,
    ProblemCode::GroupMemberNotFound,
    ProblemCode::GroupForbidden,
    ProblemCode::GroupLastOwner,
];

/// Remove a member
///
/// For owners, and for admins and moderators above the member. Once it is answered, none of the
/// member's messages is accepted and nothing more reaches them. Removing oneself is leaving.
/// Removing somebody again is answered that there is no such member.
#[utoipa::path(
    delete,
    path = "/v1/groups/{group}/members/{user}",
    operation_id = "removeMember",
    tag = "groups",
    params(
        ("group" = kabar_wire::Id, Path, description = "The group."),
        ("user" = kabar_wire::Id, Path, description = "The member."),
    ),
    responses((status = 204, description = "Not a member any more.")),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MemberPath,
    groups: Data<Groups>,
) -> Result<HttpResponse, Problem> {
    complete(async move { groups.remove_member(path.group, caller.user, path.user).await })
        .await??;
    Ok(HttpResponse::NoContent().finish())
}

impl From<RemoveMemberError> for Problem {
    fn from(error: RemoveMemberError) -> Self {
        match error {
            RemoveMemberError::GroupNotFound => Self::new(ProblemCode::GroupNotFound),
            RemoveMemberError::MemberNotFound => Self::new(ProblemCode::GroupMemberNotFound),
            RemoveMemberError::Forbidden => Self::new(ProblemCode::GroupForbidden),
            RemoveMemberError::LastOwner => Self::new(ProblemCode::GroupLastOwner),
            RemoveMemberError::Port(error) => error.into(),
        }
    }
}
