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

/// Unpin a message
///
/// For those who may pin. Unpinning one that is not pinned changes nothing, so doing it again is safe.
#[utoipa::path(
    delete,
    path = "/v1/conversations/{conversation}/pins/{message}",
    operation_id = "unpinMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
    ),
    responses((status = 204, description = "It is not pinned.")),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MessagePath,
    limits: Data<RateLimits>,
    chats: Data<Chats>,
) -> Result<HttpResponse, Problem> {
    limits.change(caller.user)?;
    complete(async move { chats.unpin(path.by(caller.user)).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}
