use actix_web::web::{self, Data};
use kabar_chats::Chats;

use crate::{
    http::{
        Caller, complete,
        extract::ReactionPath,
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::ChatMessageNotFound, ProblemCode::RateLimitExceeded];

/// Take a reaction back
///
/// One's own, never another member's. One that is not there changes nothing, so taking it back again is
/// safe.
#[utoipa::path(
    delete,
    path = "/v1/conversations/{conversation}/messages/{message}/reactions/{emoji}",
    operation_id = "removeReaction",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
        ("emoji" = String, Path, min_length = 1, max_length = 16, example = "👍",
            description = "One emoji (Unicode UTS #51), percent-encoded UTF-8."),
    ),
    responses((status = 200, description = "The message with the reactions that are left.", body = kabar_wire::Message)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ReactionPath,
    limits: Data<RateLimits>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::Message>, Problem> {
    limits.change(caller.user)?;
    let message =
        complete(async move { chats.unreact(path.by(caller.user), path.emoji).await }).await??;
    Ok(web::Json(present::message(&message)))
}
