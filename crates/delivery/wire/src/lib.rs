//! What clients of Kabar send and receive, as JSON.
//!
//! Requests refuse unknown fields and other spellings of ids; what can be said about a value's shape
//! (lengths, ranges) is said here, for the check and for the API document alike. What a value *means*
//! is decided by the domains, of which this crate knows nothing: conversion is done by whoever knows
//! both.

mod auth;
mod conversation;
mod cursor;
mod entry;
mod group;
mod id;
mod limit;
mod message;
mod number;
mod problem;
mod time;
mod user;
pub mod ws;

pub use self::{
    auth::{LogIn, LoggedIn, Refresh, Register, Tokens},
    conversation::{
        Conversation, ConversationKind, ConversationPage, ListConversations, MarkRead, OpenDirect,
        ReadCursor, RosterMember,
    },
    cursor::Cursor,
    entry::{
        Entry, EntryPage, Event, GroupCreated, GroupUpdated, MemberGone, MemberRole, MessagePosted,
        ReadEntries,
    },
    group::{
        AddMembers, AddedMembers, ChangeGroup, ChangeRole, CreateGroup, Group, ListMembers, Member,
        MemberPage, Role,
    },
    id::Id,
    limit::PageLimit,
    message::{Message, MessagePage, ReadMessages, SendMessage},
    number::{Pos, Seq},
    problem::{FieldError, Problem},
    time::Time,
    user::{ChangeProfile, SearchUsers, User, UserPage},
};
