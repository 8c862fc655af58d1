use actix_web::web::{self, Data};
use kabar_chats::Chats;

use crate::{
    http::{
        Caller,
        extract::ConversationPath,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// Pinned messages
///
/// All of them, the last pinned first: at most 100, so there is no further page.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/pins",
    operation_id = "listPins",
    tag = "messages",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    responses((status = 200, description = "The pinned messages.", body = kabar_wire::PinList)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::PinList>, Problem> {
    let pins = chats.pins(path.conversation, caller.user).await?;
    Ok(web::Json(kabar_wire::PinList {
        items: pins.iter().map(present::pin).collect(),
        has_more: false,
    }))
}
