use actix_web::web::{self, Data};
use kabar_chats::Chats;
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

/// Mark messages as received
///
/// Everything up to `seq` has reached a device of one's own; reading says so as well. A cursor never
/// goes back, and never past the last message: the answer says where it stands. Saying it again changes
/// nothing, so a retry is safe.
#[utoipa::path(
    put,
    path = "/v1/conversations/{conversation}/delivered",
    operation_id = "markDelivered",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    request_body = kabar_wire::MarkDelivered,
    responses((status = 200, description = "Where the cursor stands.", body = kabar_wire::ReadCursor)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    body: Json<kabar_wire::MarkDelivered>,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::ReadCursor>, Problem> {
    let seq = Seq::new(body.0.seq.get());
    let cursor =
        complete(async move { chats.mark_delivered(path.conversation, caller.user, seq).await })
            .await??;
    Ok(web::Json(present::read_cursor(&cursor)))
}
