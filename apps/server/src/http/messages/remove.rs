use actix_web::{HttpResponse, web::Data};
use kabar_chats::Chats;

use crate::{
    http::{
        Caller, complete,
        extract::MessagePath,
        problem::{Problem, ProblemCode},
    },
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::ChatMessageNotFound, ProblemCode::ChatForbidden, ProblemCode::RateLimitExceeded];

/// Delete a message for everybody
///
/// For its author, and in a group for its moderators, admins and owners. The text, mentions, reactions
/// and pin are gone at once, from every read and from the database; its place in the log stays, with
/// `deleted_at`. Deleting it again changes nothing, so a retry is safe.
#[utoipa::path(
    delete,
    path = "/v1/conversations/{conversation}/messages/{message}",
    operation_id = "deleteMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
    ),
    responses((status = 204, description = "It is deleted.")),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MessagePath,
    limits: Data<RateLimits>,
    chats: Data<Chats>,
) -> Result<HttpResponse, Problem> {
    limits.change(caller.user)?;
    complete(async move { chats.delete(path.by(caller.user)).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}
