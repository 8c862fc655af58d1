use actix_web::web::{self, Data};
use kabar_chats::Chats;

use crate::{
    http::{
        Caller,
        extract::{Query, page_size, read_activity, write_activity},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[];

/// One's own conversations
///
/// The latest active first. A conversation that becomes active while one pages moves to the front.
#[utoipa::path(
    get,
    path = "/v1/conversations",
    operation_id = "listConversations",
    tag = "conversations",
    params(kabar_wire::ListConversations),
    responses((status = 200, description = "A page of conversations.", body = kabar_wire::ConversationPage)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    query: Query<kabar_wire::ListConversations>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::ConversationPage>, Problem> {
    let after = read_activity(query.0.after)?;
    let page = chats.conversations(caller.user, after, page_size(query.0.limit)).await?;
    Ok(web::Json(kabar_wire::ConversationPage {
        next: page.items.last().filter(|_| page.has_more).map(write_activity),
        has_more: page.has_more,
        items: page.items.into_iter().map(present::conversation).collect(),
    }))
}
