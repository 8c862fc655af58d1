use actix_web::web::{self, Data};
use kabar_chats::Chats;
use kabar_groups::{GroupError, Groups};

use super::shown;
use crate::http::{
    Caller,
    extract::GroupPath,
    problem::{Problem, ProblemCode},
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::GroupNotFound];

/// A group
///
/// One group as one sees it, with its conversation.
#[utoipa::path(
    get,
    path = "/v1/groups/{group}",
    operation_id = "getGroup",
    tag = "groups",
    params(("group" = kabar_wire::Id, Path, description = "The group.")),
    responses((status = 200, description = "The group.", body = kabar_wire::Group)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: GroupPath,
    groups: Data<Groups>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::Group>, Problem> {
    shown(&groups, &chats, path.group, caller.user).await
}

impl From<GroupError> for Problem {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::NotFound => Self::new(ProblemCode::GroupNotFound),
            GroupError::Port(error) => error.into(),
        }
    }
}
