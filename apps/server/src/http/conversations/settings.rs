use actix_web::web::{self, Data};
use kabar_notifications::{Notifications, PreferencesError};

use crate::{
    http::{
        Caller,
        extract::ConversationPath,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::ChatConversationNotFound];

/// How much one is told of a conversation
///
/// What one decided oneself; nobody else sees it.
#[utoipa::path(
    get,
    path = "/v1/conversations/{conversation}/settings",
    operation_id = "getConversationSettings",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    responses((status = 200, description = "One's settings.", body = kabar_wire::Preferences)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    notifications: Data<Notifications>,
) -> Result<web::Json<kabar_wire::Preferences>, Problem> {
    let preferences = notifications.preferences(path.conversation, caller.user).await?;
    Ok(web::Json(present::preferences(path.conversation, &preferences)))
}

impl From<PreferencesError> for Problem {
    fn from(error: PreferencesError) -> Self {
        match error {
            PreferencesError::ConversationNotFound => {
                Self::new(ProblemCode::ChatConversationNotFound)
            }
            PreferencesError::Port(error) => error.into(),
        }
    }
}
