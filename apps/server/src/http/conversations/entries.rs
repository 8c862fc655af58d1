use actix_web::web::{self, Data};
use kabar_chats::Chats;
use kabar_kernel::Pos;

use crate::{
    http::{
        Caller,
        extract::{ConversationPath, Query, page_size},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// The log of a conversation
///
/// Every durable change after a position, in order and without hole: what a client reads that was
/// away for long. Go on after the `pos` of the last entry for as long as `has_more` says so.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/entries",
    operation_id = "listEntries",
    tag = "conversations",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        kabar_wire::ReadEntries,
    ),
    responses((status = 200, description = "A page of the log.", body = kabar_wire::EntryPage)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    query: Query<kabar_wire::ReadEntries>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::EntryPage>, Problem> {
    let after = query.0.after.map_or(Pos::ZERO, |pos| Pos::new(pos.get()));
    let size = page_size(query.0.limit);
    let page = chats.entries(path.conversation, caller.user, after, size).await?;
    Ok(web::Json(kabar_wire::EntryPage {
        items: page.items.iter().map(present::entry).collect(),
        has_more: page.has_more,
    }))
}
