use actix_web::web::{self, Data};
use kabar_groups::Groups;

use crate::{
    http::{
        Caller,
        extract::{GroupPath, Query, page_size, read_member, write_member},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::GroupNotFound];

/// Members of a group
///
/// In the order they joined.
#[utoipa::path(
    get,
    path = "/v1/groups/{group}/members",
    operation_id = "listMembers",
    tag = "groups",
    params(
        ("group" = kabar_wire::Id, Path, description = "The group."),
        kabar_wire::ListMembers,
    ),
    responses((status = 200, description = "A page of members.", body = kabar_wire::MemberPage)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: GroupPath,
    query: Query<kabar_wire::ListMembers>,
    groups: Data<Groups>,
) -> Result<web::Json<kabar_wire::MemberPage>, Problem> {
    let after = read_member(query.0.after)?;
    let page = groups.members(path.group, caller.user, after, page_size(query.0.limit)).await?;
    Ok(web::Json(kabar_wire::MemberPage {
        next: page.items.last().filter(|_| page.has_more).map(write_member),
        has_more: page.has_more,
        items: page.items.iter().map(present::member).collect(),
    }))
}
