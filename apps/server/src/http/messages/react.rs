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

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::ChatMessageNotFound,
    ProblemCode::ChatMessageDeleted,
    ProblemCode::ChatTooManyReactions,
    ProblemCode::RateLimitExceeded,
];

/// React to a message
///
/// With one emoji; with as many different ones as one likes, up to 20 different ones a message, everybody's
/// together. Every spelling of an emoji is the same reaction. Reacting with the same one again changes
/// nothing, so a retry is safe.
#[utoipa::path(
    put,
    path = "/v1/conversations/{conversation}/messages/{message}/reactions/{emoji}",
    operation_id = "addReaction",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("message" = kabar_wire::Id, Path, description = "The message."),
        ("emoji" = String, Path, min_length = 1, max_length = 16, example = "👍",
            description = "One emoji (Unicode UTS #51), percent-encoded UTF-8."),
    ),
    responses((status = 200, description = "The message with its reactions.", body = kabar_wire::Message)),
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
        complete(async move { chats.react(path.by(caller.user), path.emoji).await }).await??;
    Ok(web::Json(present::message(&message)))
}
