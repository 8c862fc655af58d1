use actix_web::web::{self, Data};
use kabar_kernel::check_line;
use kabar_users::{Accounts, SearchUsers};

use crate::{
    http::{
        Caller,
        extract::{Query, page_size, read_username, write_username},
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::RateLimitExceeded];

/// Most bytes of what is looked for: twice what a username may have.
const MAX_QUERY: usize = 64;

/// Look accounts up
///
/// Accounts whose username begins with `query`, by username. No character is a wildcard.
#[utoipa::path(
    get,
    path = "/v1/users",
    operation_id = "searchUsers",
    tag = "users",
    params(kabar_wire::SearchUsers),
    responses((status = 200, description = "A page of accounts.", body = kabar_wire::UserPage)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    query: Query<kabar_wire::SearchUsers>,
    limits: Data<RateLimits>,
    accounts: Data<Accounts>,
) -> Result<web::Json<kabar_wire::UserPage>, Problem> {
    let kabar_wire::SearchUsers { query: prefix, after, limit } = query.0;
    check_line(&prefix, MAX_QUERY).map_err(|flaw| Problem::flawed("query", &flaw))?;
    limits.search(caller.user)?;
    let search = SearchUsers { prefix, after: read_username(after)?, size: page_size(limit) };
    let page = accounts.search(search).await?;
    Ok(web::Json(kabar_wire::UserPage {
        next: page.items.last().filter(|_| page.has_more).map(write_username),
        has_more: page.has_more,
        items: page.items.iter().map(present::user).collect(),
    }))
}
