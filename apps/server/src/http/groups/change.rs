use actix_web::web::{self, Data};
use kabar_chats::Chats;
use kabar_groups::{ChangeGroupError, GroupChange, GroupDescription, GroupName, Groups};

use super::shown;
use crate::http::{
    Caller, complete,
    extract::{GroupPath, Json},
    problem::{Fields, Problem, ProblemCode},
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::GroupNotFound, ProblemCode::GroupForbidden];

/// Rename or describe a group
///
/// For its owners and admins. What is absent or `null` stays as it is.
/// Doing it again changes nothing.
#[utoipa::path(
    patch,
    path = "/v1/groups/{group}",
    operation_id = "changeGroup",
    tag = "groups",
    params(("group" = kabar_wire::Id, Path, description = "The group.")),
    request_body = kabar_wire::ChangeGroup,
    responses((status = 200, description = "The group as it is now.", body = kabar_wire::Group)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: GroupPath,
    body: Json<kabar_wire::ChangeGroup>,
    groups: Data<Groups>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::Group>, Problem> {
    let change = change(&body.0)?;
    let changing = groups.clone();
    complete(async move { changing.change(path.group, caller.user, change).await }).await??;
    shown(&groups, &chats, path.group, caller.user).await
}

fn change(body: &kabar_wire::ChangeGroup) -> Result<GroupChange, Problem> {
    let mut fields = Fields::new();
    let name = fields.take("name", body.name.as_deref().map(GroupName::parse).transpose());
    let description = body.description.as_deref().map(GroupDescription::parse).transpose();
    let description = fields.take("description", description);
    match (name, description) {
        (Some(name), Some(description)) => Ok(GroupChange { name, description }),
        _ => Err(fields.into_problem()),
    }
}

impl From<ChangeGroupError> for Problem {
    fn from(error: ChangeGroupError) -> Self {
        match error {
            ChangeGroupError::GroupNotFound => Self::new(ProblemCode::GroupNotFound),
            ChangeGroupError::Forbidden => Self::new(ProblemCode::GroupForbidden),
            ChangeGroupError::Port(error) => error.into(),
        }
    }
}
