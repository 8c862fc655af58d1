use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kabar_chats::{Emoji, OnMessage};
use kabar_kernel::{ConversationId, MessageId, UserId};

use crate::http::problem::{Problem, ProblemCode};

/// What may stand between two slashes of a path.
trait Segment: Sized {
    /// Reads it, percent-decoded as it is; or says what it is not, as a fragment: "is not …".
    fn read(text: &str) -> Result<Self, String>;
}

macro_rules! ids {
    ($($id:ty),+) => {$(
        impl Segment for $id {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error| format!("is {error}"))
            }
        }
    )+};
}
ids!(ConversationId, MessageId, UserId);

impl Segment for Emoji {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.to_string())
    }
}

/// A part of the path, in its one spelling. Actix has decoded it, but for `%`, `/` and `+`, which no id
/// and no emoji has.
fn segment<T: Segment>(request: &HttpRequest, name: &'static str) -> Result<T, Problem> {
    T::read(request.match_info().get(name).unwrap_or_default()).map_err(|message| {
        Problem::field(name, "invalid", message).with_code(ProblemCode::RequestInvalidPath)
    })
}

/// Declares what stands in a path: each field is the segment of the same name.
macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $part:ty),+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name {
            $(pub(crate) $field: $part,)+
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let read = || Ok(Self { $($field: segment(request, stringify!($field))?,)+ });
                ready(read())
            }
        }
    )+};
}

paths! {
    /// `/v1/conversations/{conversation}`
    ConversationPath { conversation: ConversationId }
    /// `/v1/conversations/{conversation}/messages/{message}`
    MessagePath { conversation: ConversationId, message: MessageId }
    /// `/v1/conversations/{conversation}/messages/{message}/reactions/{emoji}`
    ReactionPath { conversation: ConversationId, message: MessageId, emoji: Emoji }
    /// `/v1/groups/{group}`
    GroupPath { group: ConversationId }
    /// `/v1/groups/{group}/members/{user}`
    MemberPath { group: ConversationId, user: UserId }
    /// `/v1/users/{user}`
    UserPath { user: UserId }
}

impl MessagePath {
    /// The message, for what this user does to it.
    pub(crate) const fn by(self, actor: UserId) -> OnMessage {
        OnMessage { conversation: self.conversation, actor, message: self.message }
    }
}

impl ReactionPath {
    /// The message, for what this user does to it.
    pub(crate) const fn by(self, actor: UserId) -> OnMessage {
        OnMessage { conversation: self.conversation, actor, message: self.message }
    }
}
