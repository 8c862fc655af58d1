use actix_web::{
    http::StatusCode,
    web::{self, Data},
};
use kabar_chats::{Chats, OpenDirectError};
use kabar_kernel::UserId;

use crate::{
    http::{
        Caller, complete,
        extract::Json,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::UserNotFound];

/// Open a direct conversation
///
/// There is one for each pair of users, for ever: opening it again answers it. One with oneself is
/// for notes.
#[utoipa::path(
    post,
    path = "/v1/conversations/direct",
    operation_id = "openDirect",
    tag = "conversations",
    request_body = kabar_wire::OpenDirect,
    responses(
        (status = 201, description = "A new conversation.", body = kabar_wire::Conversation),
        (status = 200, description = "The conversation that was there.", body = kabar_wire::Conversation),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    body: Json<kabar_wire::OpenDirect>,
    chats: Data<Chats>,
) -> Result<(web::Json<kabar_wire::Conversation>, StatusCode), Problem> {
    let peer = UserId::new(body.0.user_id.uuid());
    let opened = complete(async move { chats.open_direct(caller.user, peer).await }).await??;
    let status = if opened.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((web::Json(present::conversation(opened.conversation)), status))
}

impl From<OpenDirectError> for Problem {
    fn from(error: OpenDirectError) -> Self {
        match error {
            OpenDirectError::PeerNotFound => Self::new(ProblemCode::UserNotFound),
            OpenDirectError::Port(error) => error.into(),
        }
    }
}
