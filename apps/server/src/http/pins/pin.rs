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

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::ChatMessageNotFound,
    ProblemCode::ChatForbidden,
    ProblemCode::ChatMessageDeleted,
    ProblemCode::ChatTooManyPins,
    ProblemCode::RateLimitExceeded,
];

/// Pin a message
///
/// For everybody in the conversation. In a group for its moderators, admins and owners; in a direct
/// conversation for both. At most 100 are pinned. Pinning a pinned message changes nothing, so doing it
/// again is safe.
#[utoipa::path(
    put,
    path = "/v1/conversations/{conversation}/pins/{message}",
    operation_id = "pinMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
    ),
    responses((status = 204, description = "It is pinned.")),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: MessagePath,
    limits: Data<RateLimits>,
    chats: Data<Chats>,
) -> Result<HttpResponse, Problem> {
    limits.change(caller.user)?;
    complete(async move { chats.pin(path.by(caller.user)).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}
