use actix_web::{
    http::StatusCode,
    web::{self, Data},
};
use kabar_chats::{Chats, ForwardError, ForwardMessage};
use kabar_kernel::{ConversationId, MessageId};

use crate::{
    http::{
        Caller, complete,
        extract::{ConversationPath, IdempotencyKey, Json},
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::ChatConversationNotFound,
    ProblemCode::ChatSourceNotFound,
    ProblemCode::RateLimitExceeded,
];

/// Forward a message
///
/// Sends a copy of a message that one may read, with who wrote its words first and when; not where. It
/// calls nobody and cannot be edited. With a `client_id`, or the header `Idempotency-Key`, forwarding
/// again is safe: the same message is answered, also when the one it was copied from is deleted since.
/// Without either, forwarding again makes another message.
#[utoipa::path(
    post,
    path = "/v1/conversations/{conversation}/forwards",
    operation_id = "forwardMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation to forward to."),
        ("Idempotency-Key" = Option<String>, Header,
            description = "Another way to give `client_id`; the two must not differ.",
            min_length = 1, max_length = 64, pattern = "^[!-~]+$"),
    ),
    request_body = kabar_wire::ForwardMessage,
    responses(
        (status = 201, description = "The new message, stored by this request.", body = kabar_wire::Message),
        (status = 200, description = "The message that was sent before with this client id.", body = kabar_wire::Message),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    key: IdempotencyKey,
    body: Json<kabar_wire::ForwardMessage>,
    limits: Data<RateLimits>,
    chats: Data<Chats>,
) -> Result<(web::Json<kabar_wire::Message>, StatusCode), Problem> {
    let command = ForwardMessage {
        conversation: path.conversation,
        author: caller.user,
        client_id: key.or(body.0.client_id)?,
        from: ConversationId::new(body.0.from_conversation_id.uuid()),
        message: MessageId::new(body.0.message_id.uuid()),
    };
    limits.send(caller.user)?;
    let sent = complete(async move { chats.forward(command).await }).await??;
    let status = if sent.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((web::Json(present::message(&sent.message)), status))
}

impl From<ForwardError> for Problem {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::ConversationNotFound => Self::new(ProblemCode::ChatConversationNotFound),
            ForwardError::SourceNotFound => Self::new(ProblemCode::ChatSourceNotFound),
            ForwardError::Port(error) => error.into(),
        }
    }
}
