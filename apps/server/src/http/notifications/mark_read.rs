use actix_web::web::{self, Data};
use kabar_notifications::{NotificationId, Notifications};

use crate::{
    http::{
        Caller, complete,
        extract::Json,
        problem::{Problem, ProblemCode},
    },
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::RateLimitExceeded];

/// Mark notifications as read
///
/// Those with these ids, or all there are, on all of one's devices; ids that one's inbox does not hold
/// are passed over. Those of direct conversations are read by reading the conversation. Marking again
/// changes nothing, so a retry is safe; without `ids` it marks what came since as well.
#[utoipa::path(
    post,
    path = "/v1/notifications/read",
    operation_id = "markNotificationsRead",
    tag = "notifications",
    request_body = kabar_wire::MarkNotifications,
    responses((status = 200, description = "How many are left.", body = kabar_wire::UnreadNotifications)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    body: Json<kabar_wire::MarkNotifications>,
    limits: Data<RateLimits>,
    notifications: Data<Notifications>,
) -> Result<web::Json<kabar_wire::UnreadNotifications>, Problem> {
    let ids = body.0.ids.as_deref().map(ids).transpose()?;
    limits.change(caller.user)?;
    let unread = complete(async move {
        match ids {
            Some(ids) => notifications.mark_read(caller.user, ids).await,
            None => notifications.mark_all_read(caller.user).await,
        }
    })
    .await??;
    Ok(web::Json(kabar_wire::UnreadNotifications { unread }))
}

fn ids(texts: &[String]) -> Result<Vec<NotificationId>, Problem> {
    let id = |(place, text): (usize, &String)| {
        text.parse().map_err(|_| {
            Problem::field(format!("ids[{place}]"), "invalid", "is not the id of a notification")
        })
    };
    texts.iter().enumerate().map(id).collect()
}
