use actix_web::web::{self, Data};
use kabar_chats::{Chats, OverviewError};

use crate::{
    http::{
        Caller,
        extract::ConversationPath,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// A conversation
///
/// One conversation as one sees it, with one's own role, cursor and unread count.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}",
    operation_id = "getConversation",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    responses((status = 200, description = "The conversation.", body = kabar_wire::Conversation)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    chats: Data<Chats>,
) -> Result<web::Json<kabar_wire::Conversation>, Problem> {
    let conversation = chats.conversation(path.conversation, caller.user).await?;
    Ok(web::Json(present::conversation(conversation)))
}

impl From<OverviewError> for Problem {
    fn from(error: OverviewError) -> Self {
        match error {
            OverviewError::NotFound => Self::new(ProblemCode::ChatConversationNotFound),
            OverviewError::Port(error) => error.into(),
        }
    }
}
