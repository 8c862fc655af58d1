use std::fmt;

use serde::{Serialize, Serializer};

/// Declares names once: the text, and how it is found.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$about:meta])* $name:ident = $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$about])* $name,)+
        }

        impl $type {
            /// Every name.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name as it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// Reads a name; `None` when there is no such one.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

names! {
    /// What a client may say.
    CommandName {
        /// Who is there.
        Auth = "auth";
        /// What the client has.
        Sync = "sync";
        /// A message to send.
        MessageSend = "message.send";
        /// A message to send on.
        MessageForward = "message.forward";
        /// A message's new text.
        MessageEdit = "message.edit";
        /// A message to delete for everybody.
        MessageDelete = "message.delete";
        /// A message to pin.
        MessagePin = "message.pin";
        /// A message to unpin.
        MessageUnpin = "message.unpin";
        /// A reaction to add.
        ReactionAdd = "reaction.add";
        /// A reaction to take back.
        ReactionRemove = "reaction.remove";
        /// Up to where the user has read.
        Read = "read";
        /// Up to where the user's device has received.
        Delivered = "delivered";
        /// A conversation to mark as unread.
        Unread = "unread";
        /// The user is typing.
        Typing = "typing";
        /// Whose presence to hear of.
        Presence = "presence";
        /// Nothing; to be answered.
        Ping = "ping";
    }
}

names! {
    /// What the server may say.
    EventName {
        /// A command is done.
        Ack = "ack";
        /// A command was refused.
        Error = "error";
        /// The answer to `ping`.
        Pong = "pong";
        /// The connection is authenticated, and live events begin.
        Ready = "ready";
        /// One entry of a log.
        Entry = "entry";
        /// More is missing than a replay holds.
        Gap = "gap";
        /// The answer to `sync`.
        Synced = "synced";
        /// Somebody's read cursor moved.
        Read = "read";
        /// Somebody's delivered cursor moved.
        Delivered = "delivered";
        /// Another member is typing.
        Typing = "typing";
        /// Somebody came or went.
        Presence = "presence";
        /// Something concerns the user.
        Notification = "notification";
        /// The user marked notifications as read.
        NotificationsRead = "notifications.read";
        /// The user decided how much of a conversation they want to be told.
        Preferences = "preferences";
        /// The user is a member from now on.
        ConversationAdded = "conversation.added";
        /// The user is not a member any more.
        ConversationRemoved = "conversation.removed";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_as_the_same() {
        for name in CommandName::ALL {
            assert_eq!(CommandName::parse(name.as_str()), Some(*name));
        }
        for name in EventName::ALL {
            assert_eq!(EventName::parse(name.as_str()), Some(*name));
            let written = serde_json::to_value(name).unwrap();
            assert_eq!((written, name.to_string()), (name.as_str().into(), name.as_str().into()));
        }
        for other in ["", "message.sent", "MESSAGE.SEND", "ready"] {
            assert_eq!(CommandName::parse(other), None, "{other:?}");
        }
    }
}
