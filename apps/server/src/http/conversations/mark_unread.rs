use actix_web::web::{self, Data};
use kabar_chats::Chats;

use crate::{
    http::{
        Caller, complete,
        extract::ConversationPath,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// Mark a conversation as unread
///
/// For oneself, on all of one's devices, until one next reads in it; nobody else learns it, and one's
/// cursor stays. Saying it again changes nothing, so a retry is safe.
#[utoipa::path(
    put,
    path = "/v1/conversations/{conversation}/unread",
    operation_id = "markUnread",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    responses((status = 200, description = "Where the cursor stands.", body = kabar_wire::ReadCursor)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::ReadCursor>, Problem> {
    let cursor =
        complete(async move { chats.mark_unread(path.conversation, caller.user).await }).await??;
    Ok(web::Json(present::read_cursor(&cursor)))
}
