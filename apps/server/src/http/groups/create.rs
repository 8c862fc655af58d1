use actix_web::{
    http::StatusCode,
    web::{self, Data},
};
use kabar_chats::Chats;
use kabar_groups::{CreateGroup, CreateGroupError, GroupDescription, GroupName, Groups};
use kabar_kernel::UserId;

use super::{shown, unknown, users};
use crate::http::{
    Caller, complete,
    extract::Json,
    problem::{Fields, Problem, ProblemCode},
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::GroupTooManyMembers, ProblemCode::GroupUsersNotFound];

/// Make a group
///
/// With its first members, all at once or not at all. Whoever makes it becomes its owner.
/// Doing it again makes another group: a client that lost the answer looks into its conversations first.
#[utoipa::path(
    post,
    path = "/v1/groups",
    operation_id = "createGroup",
    tag = "groups",
    request_body = kabar_wire::CreateGroup,
    responses((status = 201, description = "The group.", body = kabar_wire::Group)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    body: Json<kabar_wire::CreateGroup>,
    groups: Data<Groups>,
    chats: Data<Chats>,
) -> Result<(web::Json<kabar_wire::Group>, StatusCode), Problem> {
    let command = command(caller.user, body.0)?;
    let making = groups.clone();
    let group = complete(async move { making.create(command).await }).await??;
    Ok((shown(&groups, &chats, group, caller.user).await?, StatusCode::CREATED))
}

fn command(owner: UserId, body: kabar_wire::CreateGroup) -> Result<CreateGroup, Problem> {
    let mut fields = Fields::new();
    let name = fields.take("name", GroupName::parse(&body.name));
    let description = GroupDescription::parse(body.description.as_deref().unwrap_or_default());
    let description = fields.take("description", description);
    match (name, description) {
        (Some(name), Some(description)) => {
            Ok(CreateGroup { owner, name, description, members: users(body.member_ids) })
        }
        _ => Err(fields.into_problem()),
    }
}

impl From<CreateGroupError> for Problem {
    fn from(error: CreateGroupError) -> Self {
        match error {
            CreateGroupError::TooManyMembers => Self::new(ProblemCode::GroupTooManyMembers),
            CreateGroupError::UsersNotFound(users) => unknown("member_ids", &users),
            CreateGroupError::Port(error) => error.into(),
        }
    }
}
