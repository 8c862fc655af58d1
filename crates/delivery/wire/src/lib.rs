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
mod notification;
mod number;
mod presence;
mod problem;
mod time;
mod user;
pub mod ws;

pub use self::{
    auth::{LogIn, LoggedIn, Refresh, Register, Tokens},
    conversation::{
        Conversation, ConversationKind, ConversationPage, Level, ListConversations, MarkDelivered,
        MarkRead, OpenDirect, Preferences, ReadCursor, Receipt, ReceiptList, RosterMember,
        SetPreferences,
    },
    cursor::Cursor,
    entry::{
        Entry, EntryPage, Event, GroupCreated, GroupUpdated, MemberGone, MemberRole, MessageEdited,
        MessageNamed, MessagePosted, ReactionChanged, ReadEntries,
    },
    group::{
        AddMembers, AddedMembers, ChangeGroup, ChangeRole, CreateGroup, Group, ListMembers, Member,
        MemberPage, Role,
    },
    id::Id,
    limit::PageLimit,
    message::{
        EditMessage, ForwardMessage, Forwarded, Message, MessagePage, MessageReceipts, Pin,
        PinList, Quote, Reaction, ReadMessages, SendMessage,
    },
    notification::{
        Concern, ListNotifications, MarkNotifications, Notification, NotificationPage,
        NotificationSettings, NotifiedMessage, OnlyUnread, QuietHours, SetNotificationSettings,
        UnreadNotifications,
    },
    number::{Pos, Seq},
    presence::{ChangePrivacy, Presence, Privacy},
    problem::{FieldError, Problem},
    time::Time,
    user::{ChangeProfile, SearchUsers, User, UserPage},
};
