use actix_web::web::{self, Data};
use kabar_groups::{ChangeRole, ChangeRoleError, Groups};
use kabar_kernel::Role;

use crate::{
    http::{
        Caller, complete,
        extract::{Json, MemberPath},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::GroupNotFound,
    ProblemCode::GroupMemberNotFound,
    ProblemCode::GroupForbidden,
    ProblemCode::GroupLastOwner,
];

/// Give a member a role
///
/// Owners give any role to anybody; admins give roles below their own to members below their own.
/// An owner may step down, and nobody may rise. A group keeps an owner.
/// Giving a role again changes nothing.
#[utoipa::path(
    patch,
    path = "/v1/groups/{group}/members/{user}",
    operation_id = "changeRole",
    tag = "groups",
    params(
        ("group" = kabar_wire::Id, Path, description = "The group."),
        ("user" = kabar_wire::Id, Path, description = "The member."),
    ),
    request_body = kabar_wire::ChangeRole,
    responses((status = 200, description = "The member's role now.", body = kabar_wire::RosterMember)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MemberPath,
    body: Json<kabar_wire::ChangeRole>,
    groups: Data<Groups>,
) -> Result<web::Json<kabar_wire::RosterMember>, Problem> {
    let role = role(body.0.role);
    let command = ChangeRole { group: path.group, actor: caller.user, user: path.user, role };
    complete(async move { groups.change_role(command).await }).await??;
    Ok(web::Json(kabar_wire::RosterMember {
        user_id: present::id(path.user),
        role: present::role(role),
    }))
}

const fn role(role: kabar_wire::Role) -> Role {
    match role {
        kabar_wire::Role::Member => Role::Member,
        kabar_wire::Role::Moderator => Role::Moderator,
        kabar_wire::Role::Admin => Role::Admin,
        kabar_wire::Role::Owner => Role::Owner,
    }
}

impl From<ChangeRoleError> for Problem {
    fn from(error: ChangeRoleError) -> Self {
        match error {
            ChangeRoleError::GroupNotFound => Self::new(ProblemCode::GroupNotFound),
            ChangeRoleError::MemberNotFound => Self::new(ProblemCode::GroupMemberNotFound),
            ChangeRoleError::Forbidden => Self::new(ProblemCode::GroupForbidden),
            ChangeRoleError::LastOwner => Self::new(ProblemCode::GroupLastOwner),
            ChangeRoleError::Port(error) => error.into(),
        }
    }
}
