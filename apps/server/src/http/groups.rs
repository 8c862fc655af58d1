//! Groups and who is in them.

pub(super) mod add_members;
pub(super) mod change;
pub(super) mod change_role;
pub(super) mod create;
pub(super) mod leave;
pub(super) mod members;
pub(super) mod remove_member;
pub(super) mod show;

use actix_web::web::Json;
use kabar_chats::Chats;
use kabar_groups::Groups;
use kabar_kernel::{ConversationId, UserId};
use kabar_wire::{FieldError, Id};

use super::problem::{Problem, ProblemCode};
use crate::present;

/// The group with its conversation, as a member sees it.
async fn shown(
    groups: &Groups,
    chats: &Chats,
    group: ConversationId,
    reader: UserId,
) -> Result<Json<kabar_wire::Group>, Problem> {
    let shown = groups.group(group, reader).await?;
    let conversation = chats.conversation(group, reader).await?;
    Ok(Json(present::group(&shown, conversation)))
}

fn users(ids: Vec<Id>) -> Vec<UserId> {
    ids.into_iter().map(|id| UserId::new(id.uuid())).collect()
}

/// Names the users that do not exist.
fn unknown(field: &str, users: &[UserId]) -> Problem {
    let name = |user: &UserId| FieldError {
        field: field.to_owned(),
        code: "not_found",
        message: format!("{user} is no user"),
    };
    Problem::new(ProblemCode::GroupUsersNotFound).errors(users.iter().map(name).collect())
}
