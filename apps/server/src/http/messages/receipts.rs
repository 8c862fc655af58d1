use actix_web::web::{self, Data};
use kabar_chats::Chats;

use crate::{
    http::{
        Caller,
        extract::MessagePath,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::ChatMessageNotFound,
    ProblemCode::ChatConversationNotFound,
    ProblemCode::ChatReceiptsHidden,
];

/// Who has read a message
///
/// The other members who have read it, and those who have only received it, besides its author; of
/// those who show it and have been members since it was posted. In direct conversations, and in groups
/// of up to as many members as the server is configured for (50 by default).
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/messages/{message}/receipts",
    operation_id = "getMessageReceipts",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
    ),
    responses((status = 200, description = "Who has read and received it.", body = kabar_wire::MessageReceipts)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MessagePath,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::MessageReceipts>, Problem> {
    let receipts = chats.message_receipts(path.conversation, caller.user, path.message).await?;
    Ok(web::Json(present::message_receipts(&receipts)))
}
