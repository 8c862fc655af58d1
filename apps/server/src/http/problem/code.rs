/// Declares every problem once: its code, its status, its title, and what to do about it.
macro_rules! problems {
    ($($name:ident = $code:literal, $status:literal, $title:literal, $detail:literal;)+) => {
        /// What can go wrong. The texts are stable: clients decide by them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ProblemCode {
            $(
                #[doc = $detail]
                $name,
            )+
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as clients see it, dotted.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// The HTTP status code.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }

            /// What it is called for people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }

            /// What to do about it.
            pub const fn detail(self) -> &'static str {
                match self {
                    $(Self::$name => $detail,)+
                }
            }
        }
    };
}

problems! {
    RequestMalformedJson = "request.malformed_json", 400, "Malformed JSON",
        "The body is not JSON in UTF-8.";
    RequestMalformedBody = "request.malformed_body", 400, "Malformed body",
        "The body ended early or is not encoded as its headers say.";
    RequestMalformedQuery = "request.malformed_query", 400, "Malformed query",
        "The query is not percent-encoded UTF-8.";
    RequestInvalidPath = "request.invalid_path", 400, "Malformed path",
        "An id in the path is not a UUID in lower case with hyphens, or an emoji in it is not one emoji; `errors` says which.";
    RequestUnknownCommand = "request.unknown_command", 400, "Unknown command",
        "The socket knows no such command; `docs/WS.md` lists them.";
    RequestOriginRefused = "request.origin_refused", 403, "Origin refused",
        "Pages of this origin may not connect; the operator lists those that may.";
    RequestUpgradeRequired = "request.upgrade_required", 426, "Upgrade required",
        "This address speaks WebSocket (RFC 6455) only.";
    RequestMalformed = "request.malformed", 400, "Malformed request",
        "The request is not understood.";
    RequestUnknownRoute = "request.unknown_route", 404, "Unknown route",
        "There is nothing at this path.";
    RequestMethodNotAllowed = "request.method_not_allowed", 405, "Method not allowed",
        "This path does not know the method; `Allow` names those it knows.";
    RequestTimeout = "request.timeout", 408, "Request too slow",
        "The request did not arrive in time.";
    RequestBodyTooLarge = "request.body_too_large", 413, "Body too large",
        "The body is larger than the server allows.";
    RequestUnsupportedMediaType = "request.unsupported_media_type", 415, "Unsupported media type",
        "The body must be `application/json`.";
    RequestInvalid = "request.invalid", 422, "Invalid values",
        "Some of the values are not valid; `errors` says which.";
    AuthTokenMissing = "auth.token_missing", 401, "Access token missing",
        "Send an access token in the header `Authorization: Bearer …`.";
    AuthTokenInvalid = "auth.token_invalid", 401, "Access token not valid",
        "The access token is not one of this server's.";
    AuthTokenExpired = "auth.token_expired", 401, "Access token expired",
        "Exchange the refresh token for new tokens.";
    AuthSessionEnded = "auth.session_ended", 401, "Session over",
        "The session was ended; log in again.";
    AuthInvalidCredentials = "auth.invalid_credentials", 401, "Login refused",
        "The username or the password is wrong.";
    AuthRefreshRefused = "auth.refresh_refused", 401, "Refresh refused",
        "The refresh token is not good any more; log in again.";
    UserUsernameTaken = "user.username_taken", 409, "Username taken",
        "Somebody has this username; choose another.";
    UserNotFound = "user.not_found", 404, "User not found",
        "There is no such user.";
    ChatConversationNotFound = "chat.conversation_not_found", 404, "Conversation not found",
        "There is no such conversation, or you are not a member of it.";
    ChatMessageNotFound = "chat.message_not_found", 404, "Message not found",
        "There is no such message in this conversation, or you are not a member of it.";
    ChatReplyNotFound = "chat.reply_not_found", 422, "Unknown message to answer",
        "`reply_to` names no message of this conversation.";
    ChatSourceNotFound = "chat.source_not_found", 422, "Unknown message to forward",
        "`from_conversation_id` and `message_id` name no message that you may read, or a deleted one.";
    ChatForbidden = "chat.forbidden", 403, "Not allowed here",
        "The message is somebody else's, or your role in this conversation does not allow this.";
    ChatMessageDeleted = "chat.message_deleted", 409, "Message deleted",
        "The message is deleted; nothing can be done to it any more.";
    ChatEditWindowOver = "chat.edit_window_over", 409, "Too late to edit",
        "The message was posted longer ago than the server lets messages be edited.";
    ChatMessageForwarded = "chat.message_forwarded", 409, "Forwarded message",
        "A forwarded message has somebody else's words; it can be deleted, and not edited.";
    ChatTooManyReactions = "chat.too_many_reactions", 409, "Too many reactions",
        "The message has 20 different emojis; react with one of those.";
    ChatTooManyPins = "chat.too_many_pins", 409, "Too many pins",
        "The conversation has 100 pinned messages; unpin one first.";
    ChatReceiptsHidden = "chat.receipts_hidden", 403, "Receipts are not shown",
        "The group has more members than the server shows receipts to.";
    GroupNotFound = "group.not_found", 404, "Group not found",
        "There is no such group, or you are not a member of it.";
    GroupMemberNotFound = "group.member_not_found", 404, "Member not found",
        "The user is not a member of this group.";
    GroupForbidden = "group.forbidden", 403, "Not allowed with your role",
        "Your role in this group does not allow this.";
    GroupLastOwner = "group.last_owner", 409, "Last owner",
        "A group with members keeps an owner; make somebody else an owner first.";
    GroupTooManyMembers = "group.too_many_members", 422, "Too many members",
        "More users than one request may name, or than a group may have.";
    GroupUsersNotFound = "group.users_not_found", 422, "Unknown users",
        "Some of the users do not exist; nothing was changed. `errors` names them.";
    RateLimitExceeded = "rate_limit.exceeded", 429, "Too many requests",
        "Try again after as many seconds as `Retry-After` says.";
    ServiceFailure = "service.failure", 500, "Internal failure",
        "The server failed; its log has the reason under the request id.";
    ServiceUnavailable = "service.unavailable", 503, "Unavailable for the moment",
        "Try again after as many seconds as `Retry-After` says.";
    ServiceOverloaded = "service.overloaded", 503, "Overloaded",
        "The server has more to do than it can; try again after as many seconds as `Retry-After` says.";
    ServiceDraining = "service.draining", 503, "Shutting down",
        "This server is about to stop; try again, another one will answer.";
}

impl ProblemCode {
    /// The `WWW-Authenticate` header of a 401 (RFC 6750 §3).
    pub(crate) const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::AuthTokenInvalid => Some(
                "Bearer realm=\"kabar\", error=\"invalid_token\", \
                 error_description=\"The access token is not valid\"",
            ),
            Self::AuthTokenExpired => Some(
                "Bearer realm=\"kabar\", error=\"invalid_token\", \
                 error_description=\"The access token expired\"",
            ),
            Self::AuthSessionEnded => Some(
                "Bearer realm=\"kabar\", error=\"invalid_token\", \
                 error_description=\"The session is over\"",
            ),
            other if other.status() == 401 => Some("Bearer realm=\"kabar\""),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_dotted_and_each_stands_once() {
        let codes: HashSet<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
        for code in codes {
            let (area, name) = code.split_once('.').unwrap();
            assert!([area, name].iter().all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            }));
        }
    }

    #[test]
    fn every_401_says_how_to_authenticate() {
        for code in ProblemCode::ALL {
            assert_eq!(code.challenge().is_some(), code.status() == 401, "{code:?}");
        }
    }
}
