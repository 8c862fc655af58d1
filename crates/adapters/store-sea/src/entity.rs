//! The rows that are written through the ORM. Messages are not: they go through the lanes.

pub(crate) mod change;
pub(crate) mod conversation;
pub(crate) mod credential;
pub(crate) mod member;
pub(crate) mod notification;
pub(crate) mod session;
pub(crate) mod user;
