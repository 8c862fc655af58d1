use actix_web::web::{self, Data};
use kabar_notifications::Notifications;

use crate::{
    http::{
        Caller,
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[];

/// When one wants to be left alone
///
/// What one decided oneself, for all conversations; nobody else sees it.
#[utoipa::path(
    get,
    path = "/v1/notifications/settings",
    operation_id = "getNotificationSettings",
    tag = "notifications",
    responses((status = 200, description = "One's settings.", body = kabar_wire::NotificationSettings)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    notifications: Data<Notifications>,
) -> Result<web::Json<kabar_wire::NotificationSettings>, Problem> {
    let hours = notifications.quiet_hours(caller.user).await?;
    Ok(web::Json(kabar_wire::NotificationSettings {
        quiet_hours: hours.as_ref().map(present::quiet_hours),
    }))
}
