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

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::ChatMessageNotFound, ProblemCode::ChatConversationNotFound];

/// A message
///
/// One message of a conversation one is a member of.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/messages/{message}",
    operation_id = "getMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
    ),
    responses((status = 200, description = "The message.", body = kabar_wire::Message)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MessagePath,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::Message>, Problem> {
    let message = chats.message(path.conversation, caller.user, path.message).await?;
    Ok(web::Json(present::message(&message)))
}
