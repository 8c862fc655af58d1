use actix_web::web::{self, Data};
use kabar_chats::Chats;

use super::MessageLimit;
use crate::{
    http::{
        Caller, complete,
        extract::{Json, MessagePath},
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::ChatMessageNotFound,
    ProblemCode::ChatForbidden,
    ProblemCode::ChatMessageDeleted,
    ProblemCode::ChatMessageForwarded,
    ProblemCode::ChatEditWindowOver,
    ProblemCode::RateLimitExceeded,
];

/// Edit a message
///
/// For its author, for as long after its posting as the server is configured to allow (24 hours by
/// default). Everybody sees the new text and `edited_at`, and nobody the old one; whom only the new
/// text calls is told so. Editing again to the text that it has changes nothing, so a retry is safe.
#[utoipa::path(
    patch,
    path = "/v1/conversations/{conversation}/messages/{message}",
    operation_id = "editMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
    ),
    request_body = kabar_wire::EditMessage,
    responses((status = 200, description = "The message as it is now.", body = kabar_wire::Message)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MessagePath,
    body: Json<kabar_wire::EditMessage>,
    limits: Data<RateLimits>,
    longest: Data<MessageLimit>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::Message>, Problem> {
    let body = longest.body(body.0.body)?;
    limits.change(caller.user)?;
    let message = complete(async move { chats.edit(path.by(caller.user), body).await }).await??;
    Ok(web::Json(present::message(&message)))
}
