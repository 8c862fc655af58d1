use actix_web::{
    http::StatusCode,
    web::{self, Data},
};
use kabar_chats::{Chats, SendError, SendMessage};
use kabar_kernel::MessageId;

use super::MessageLimit;
use crate::{
    http::{
        Caller,
        extract::{ConversationPath, IdempotencyKey, Json},
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[
    ProblemCode::ChatConversationNotFound,
    ProblemCode::ChatReplyNotFound,
    ProblemCode::RateLimitExceeded,
];

/// Send a message
///
/// Answered once the message is stored for good. With a `client_id`, or the header
/// `Idempotency-Key`, sending again is safe: the same message is answered. Without either, sending
/// again makes another message.
#[utoipa::path(
    post,
    path = "/v1/conversations/{conversation}/messages",
    operation_id = "sendMessage",
    tag = "messages",
    params(
        ("conversation" = kabar_wire::Id, Path, description = "The conversation."),
        ("Idempotency-Key" = Option<String>, Header,
            description = "Another way to give `client_id`; the two must not differ.",
            min_length = 1, max_length = 64, pattern = "^[!-~]+$"),
    ),
    request_body = kabar_wire::SendMessage,
    responses(
        (status = 201, description = "The message, stored by this request.", body = kabar_wire::Message),
        (status = 200, description = "The message that was sent before with this client id.", body = kabar_wire::Message),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    key: IdempotencyKey,
    body: Json<kabar_wire::SendMessage>,
    limits: Data<RateLimits>,
    longest: Data<MessageLimit>,
    chats: Data<Chats>,
) -> Result<(web::Json<kabar_wire::Message>, StatusCode), Problem> {
    let command = SendMessage {
        conversation: path.conversation,
        author: caller.user,
        client_id: key.or(body.0.client_id)?,
        body: longest.body(body.0.body)?,
        reply_to: body.0.reply_to.map(|message| MessageId::new(message.uuid())),
    };
    limits.send(caller.user)?;
    // Not spawned: the store finishes what it has begun, and this is the hot path.
    let sent = chats.send(command).await?;
    let status = if sent.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((web::Json(present::message(&sent.message)), status))
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        match error {
            SendError::ConversationNotFound => Self::new(ProblemCode::ChatConversationNotFound),
            SendError::ReplyNotFound => Self::new(ProblemCode::ChatReplyNotFound),
            SendError::Port(error) => error.into(),
        }
    }
}
