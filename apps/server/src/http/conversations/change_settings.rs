use actix_web::web::{self, Data};
use kabar_kernel::Timestamp;
use kabar_notifications::{Level, Notifications, Preferences};

use crate::{
    http::{
        Caller, complete,
        extract::{ConversationPath, Json},
        problem::{Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] =
    &[ProblemCode::ChatConversationNotFound, ProblemCode::RateLimitExceeded];

/// Decide how much one is told of a conversation
///
/// Replaces both, for all of one's devices: of what one is told (`level`), and until when one is told
/// nothing (`muted_until`). What one is not told while mute stands in the inbox nonetheless; with the
/// level `none` nothing does. Setting the same again changes nothing, so a retry is safe.
#[utoipa::path(
    put,
    path = "/v1/conversations/{conversation}/settings",
    operation_id = "setConversationSettings",
    tag = "conversations",
    params(("conversation" = kabar_wire::Id, Path, description = "The conversation.")),
    request_body = kabar_wire::SetPreferences,
    responses((status = 200, description = "One's settings as they are now.", body = kabar_wire::Preferences)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    path: ConversationPath,
    body: Json<kabar_wire::SetPreferences>,
    limits: Data<RateLimits>,
    notifications: Data<Notifications>,
) -> Result<web::Json<kabar_wire::Preferences>, Problem> {
    let kabar_wire::SetPreferences { level: wanted, muted_until } = body.0;
    let preferences = Preferences {
        level: wanted.map(level),
        muted_until: muted_until.map(|until| Timestamp::from_millis(until.as_millis())),
    };
    limits.change(caller.user)?;
    complete(async move {
        notifications.set_preferences(path.conversation, caller.user, preferences).await
    })
    .await??;
    Ok(web::Json(present::preferences(path.conversation, &preferences)))
}

const fn level(level: kabar_wire::Level) -> Level {
    match level {
        kabar_wire::Level::All => Level::All,
        kabar_wire::Level::Mentions => Level::Mentions,
        kabar_wire::Level::None => Level::None,
    }
}
