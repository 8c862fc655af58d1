//! What handlers take out of a request, checked. Everything that is refused is a problem.

mod address;
mod cursor;
mod idempotency;
mod json;
mod page;
mod path;
mod query;

pub(crate) use self::{
    address::ClientAddress,
    cursor::{
        read_activity, read_inbox, read_member, read_username, write_activity, write_inbox,
        write_member, write_username,
    },
    idempotency::IdempotencyKey,
    json::{Json, parse as parse_json},
    page::page_size,
    path::{ConversationPath, GroupPath, MemberPath, MessagePath, ReactionPath, UserPath},
    query::Query,
};
