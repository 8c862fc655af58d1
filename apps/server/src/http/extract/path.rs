use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kabar_kernel::{ConversationId, InvalidId, MessageId, UserId};

use crate::http::problem::{Problem, ProblemCode};

/// An id in the path, in its one spelling.
fn segment<T: FromStr<Err = InvalidId>>(
    request: &HttpRequest,
    name: &'static str,
) -> Result<T, Problem> {
    request.match_info().get(name).unwrap_or_default().parse().map_err(|error: InvalidId| {
        Problem::field(name, "invalid", format!("is {error}"))
            .with_code(ProblemCode::RequestInvalidPath)
    })
}

/// Declares what stands in a path: each field is the segment of the same name.
macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $id:ty),+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name {
            $(pub(crate) $field: $id,)+
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
    /// `/v1/groups/{group}`
    GroupPath { group: ConversationId }
    /// `/v1/groups/{group}/members/{user}`
    MemberPath { group: ConversationId, user: UserId }
    /// `/v1/users/{user}`
    UserPath { user: UserId }
}
