use actix_web::web::{self, Data};
use kabar_groups::{AddMembers, AddMembersError, Groups};

use super::{unknown, users};
use crate::{
    http::{
        Caller, complete,
        extract::{GroupPath, Json},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::GroupNotFound,
    ProblemCode::GroupForbidden,
    ProblemCode::GroupTooManyMembers,
    ProblemCode::GroupUsersNotFound,
];

/// Add members
///
/// For its owners and admins; all of them or nobody. Adding a member again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/groups/{group}/members",
    operation_id = "addMembers",
    tag = "groups",
    params(("group" = kabar_wire::Id, Path, description = "The group.")),
    request_body = kabar_wire::AddMembers,
    responses((status = 200, description = "Who is a member now.", body = kabar_wire::AddedMembers)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: GroupPath,
    body: Json<kabar_wire::AddMembers>,
    groups: Data<Groups>,
) -> Result<web::Json<kabar_wire::AddedMembers>, Problem> {
    let command =
        AddMembers { group: path.group, actor: caller.user, users: users(body.0.user_ids) };
    let done = complete(async move { groups.add_members(command).await }).await??;
    Ok(web::Json(kabar_wire::AddedMembers {
        added: done.added.into_iter().map(present::id).collect(),
        already: done.already.into_iter().map(present::id).collect(),
    }))
}

impl From<AddMembersError> for Problem {
    fn from(error: AddMembersError) -> Self {
        match error {
            AddMembersError::GroupNotFound => Self::new(ProblemCode::GroupNotFound),
            AddMembersError::Forbidden => Self::new(ProblemCode::GroupForbidden),
            AddMembersError::TooManyMembers => Self::new(ProblemCode::GroupTooManyMembers),
            AddMembersError::UsersNotFound(users) => unknown("user_ids", &users),
            AddMembersError::Port(error) => error.into(),
        }
    }
}
