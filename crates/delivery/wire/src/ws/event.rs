use serde::Serialize;

use crate::{ConversationKind, Id, Message, Pos, Presence, Seq, Time};

/// `ready`: the connection is authenticated, and live events begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// The session the connection acts in.
    pub session_id: Id,
    /// Who is connected.
    pub user_id: Id,
    /// Names the log as a whole; positions of another epoch mean nothing.
    pub epoch: String,
    /// Seconds between the server's pings.
    pub heartbeat_seconds: u32,
    /// The moment from which on events come on this connection: `since` of the next `sync`.
    pub time: Time,
    /// What the server accepts.
    pub limits: Limits,
}

/// What the server accepts over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Bytes of a frame, and of a fragmented message.
    pub frame_bytes: usize,
    /// Bytes of a message's text.
    pub message_bytes: usize,
    /// Conversations a `sync` may name.
    pub sync_positions: usize,
    /// Entries of a conversation that a `sync` replays before it answers with a `gap`.
    pub replay_entries: u16,
}

/// `gap`: there is more than a replay holds. The entries after `from` up to and with `to` are read
/// over HTTP; what comes after `to` follows on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// In which conversation.
    pub conversation_id: Id,
    /// The last position the client has.
    pub from: Pos,
    /// The last position that is missing.
    pub to: Pos,
}

/// `synced`: the replay is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// Names the log as a whole.
    pub epoch: String,
    /// `true` when the client's positions were of another log: it forgets what it has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// The moment of this answer: `since` of the next `sync`.
    pub time: Time,
    /// `true` when more cursors moved since `since` than were sent: the client reads the receipts of
    /// the conversations it shows anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_cursors: bool,
    /// The conversations that changed or are new to the client; all of them after a reset.
    pub conversations: Vec<SyncedConversation>,
}

/// A conversation's numbers at the moment of a `sync`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SyncedConversation {
    /// Which conversation.
    pub id: Id,
    /// What kind.
    pub kind: ConversationKind,
    /// The position of its last entry.
    pub head: Pos,
    /// The number of its last message.
    pub last_seq: Seq,
    /// Up to which message the user has read.
    pub read_seq: Seq,
    /// Up to which message the user's devices have received.
    pub delivered_seq: Seq,
    /// Messages of others after `read_seq` that are not deleted, counted up to 1 000.
    pub unread: u32,
    /// Those of them that call the user, counted up to 1 000.
    pub mentions: u32,
    /// Whether the user marked it as unread since they last read in it.
    pub marked_unread: bool,
}

/// `read` of another member: how far they have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OthersRead {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// The last message read.
    pub read_seq: Seq,
}

/// `delivered`: how far somebody's devices have received, the user's own or another member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeliveredTo {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// The last message received.
    pub delivered_seq: Seq,
}

/// `typing`: another member is typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct IsTyping {
    /// In which conversation.
    pub conversation_id: Id,
    /// Who.
    pub user_id: Id,
    /// For how many seconds that holds unless it is said again.
    pub expires_in: u32,
}

/// The `ack` of a `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// Whether they are there, in the order asked for.
    pub presences: Vec<Presence>,
}

/// `notifications.read`: notifications were marked on another device, or on this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationsRead {
    /// Which; all of them when absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// How many of the inbox are unread, counted up to 1 000.
    pub unread: u32,
}

/// The `ack` of a command that changed a message and answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The message as it is now.
    pub message: Message,
}

/// `conversation.added`: the user is a member from now on, and entries after `head` follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConversationAdded {
    /// Of which conversation.
    pub conversation_id: Id,
    /// What kind.
    pub kind: ConversationKind,
    /// The position after which entries follow on this connection.
    pub head: Pos,
}

/// `conversation.removed`: the user is not a member any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConversationRemoved {
    /// Of which conversation.
    pub conversation_id: Id,
}

/// The `ack` of a `message.send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The message as it is stored.
    pub message: Message,
}

/// Data without fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Empty {}
