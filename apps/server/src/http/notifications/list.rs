use actix_web::web::{self, Data};
use kabar_notifications::Notifications;

use crate::{
    http::{
        Caller,
        extract::{Query, page_size, read_inbox, write_inbox},
        problem::{Problem, ProblemCode},
    },
    present,
};

pub(crate) const PROBLEMS: &[ProblemCode] = &[];

/// One's inbox
///
/// What concerned one, the latest first: mentions, replies to one's messages, being made a member of a
/// group or given another role there, and each direct conversation with unread messages. The same on
/// all of one's devices. Messages are shown as they are now; what was deleted is not in it.
#[utoipa::path(
    get,
    path = "/v1/notifications",
    operation_id = "listNotifications",
    tag = "notifications",
    params(kabar_wire::ListNotifications),
    responses((status = 200, description = "A page of the inbox.", body = kabar_wire::NotificationPage)),
    security(("bearer" = [])),
)]
pub(crate) async fn endpoint(
    Caller(caller): Caller,
    query: Query<kabar_wire::ListNotifications>,
    notifications: Data<Notifications>,
) -> Result<web::Json<kabar_wire::NotificationPage>, Problem> {
    let kabar_wire::ListNotifications { after, only, limit } = query.0;
    let (after, size) = (read_inbox(after)?, page_size(limit));
    let page = notifications.inbox(caller.user, after, only.is_some(), size).await?;
    let unread = notifications.unread(caller.user).await?;
    Ok(web::Json(kabar_wire::NotificationPage {
        next: page.items.last().filter(|_| page.has_more).map(write_inbox),
        has_more: page.has_more,
        items: page.items.iter().map(present::notification).collect(),
        unread,
    }))
}
