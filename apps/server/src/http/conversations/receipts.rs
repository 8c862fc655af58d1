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

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::ChatConversationNotFound, ProblemCode::ChatReceiptsHidden];

/// How far the others have read
///
/// How far each of the other members has received and read, of those who show it. In direct
/// conversations, and in groups of up to as many members as the server is configured for (50 by
/// default).
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/receipts",
    operation_id = "listReceipts",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    responses((status = 200, description = "How far they are.", body = kabar_wire::ReceiptList)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::ReceiptList>, Problem> {
    let receipts = chats.receipts(path.conversation, caller.user).await?;
    Ok(web::Json(kabar_wire::ReceiptList {
        items: receipts.iter().map(present::receipt).collect(),
        has_more: false,
    }))
}
