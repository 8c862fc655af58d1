use actix_web::web::{self, Data};
use kabar_chats::{Chats, CursorError};
use kabar_kernel::Seq;

use crate::{
    http::{
        Caller, complete,
        extract::{ConversationPath, Json},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// Mark messages as read
///
/// Everything up to `seq` is read, and received. A cursor never goes back, and never past the last
/// message: the answer says where it stands. A conversation that one marked as unread is not any more.
/// Saying it again changes nothing, so a retry is safe.
#[utoipa::path(
    put,
    path = "/v1/conversations/{conversation}/read",
    operation_id = "markRead",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    request_body = kabar_wire::MarkRead,
    responses((status = 200, description = "Where the cursor stands.", body = kabar_wire::ReadCursor)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    body: Json<kabar_wire::MarkRead>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::ReadCursor>, Problem> {
    let seq = Seq::new(body.0.seq.get());
    let cursor =
        complete(async move { chats.mark_read(path.conversation, caller.user, seq).await })
            .await??;
    Ok(web::Json(present::read_cursor(&cursor)))
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::ConversationNotFound => Self::new(ProblemCode::ChatConversationNotFound),
            CursorError::MessageNotFound => Self::new(ProblemCode::ChatMessageNotFound),
            CursorError::GroupTooLarge => Self::new(ProblemCode::ChatReceiptsHidden),
            CursorError::Port(error) => error.into(),
        }
    }
}
