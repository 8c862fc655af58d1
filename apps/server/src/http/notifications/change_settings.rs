use actix_web::web::{self, Data};
use kabar_notifications::{InvalidQuietHours, MinuteOfDay, Notifications, QuietHours};

use crate::{
    http::{
        Caller, complete,
        extract::Json,
        problem::{Fields, Problem, ProblemCode},
    },
    present,
    rate_limits::RateLimits,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[ProblemCode::RateLimitExceeded];

/// Decide when one wants to be left alone
///
/// Replaces one's quiet hours: every day, by the clock in one's own time zone, none of one's devices is
/// told anything, and the inbox keeps it. Setting the same again changes nothing, so a retry is safe.
#[utoipa::path(
    put,
    path = "/v1/notifications/settings",
    operation_id = "setNotificationSettings",
    tag = "notifications",
    request_body = kabar_wire::SetNotificationSettings,
    responses((status = 200, description = "One's settings as they are now.", body = kabar_wire::NotificationSettings)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    body: Json<kabar_wire::SetNotificationSettings>,
    limits: Data<RateLimits>,
    notifications: Data<Notifications>,
) -> Result<web::Json<kabar_wire::NotificationSettings>, Problem> {
    let hours = body.0.quiet_hours.as_ref().map(quiet_hours).transpose()?;
    limits.change(caller.user)?;
    let shown = hours.as_ref().map(present::quiet_hours);
    complete(async move { notifications.set_quiet_hours(caller.user, hours).await }).await??;
    Ok(web::Json(kabar_wire::NotificationSettings { quiet_hours: shown }))
}

fn quiet_hours(wanted: &kabar_wire::QuietHours) -> Result<QuietHours, Problem> {
    let mut fields = Fields::new();
    let from = fields.take("quiet_hours.from", MinuteOfDay::parse(&wanted.from));
    let to = fields.take("quiet_hours.to", MinuteOfDay::parse(&wanted.to));
    let (Some(from), Some(to)) = (from, to) else { return Err(fields.into_problem()) };
    QuietHours::new(&wanted.time_zone, from, to).map_err(|flaw| {
        let field = match flaw {
            InvalidQuietHours::Zone => "quiet_hours.time_zone",
            InvalidQuietHours::Time | InvalidQuietHours::Empty => "quiet_hours.to",
        };
        Problem::flawed(field, &flaw)
    })
}
