//! What devices are sent, as lines of text.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use bytes::Bytes;
use kabar_chats::{ConversationKind, Cursor, Entry, Presence, Receipt};
use kabar_kernel::{ConversationId, Pos, UserId};
use kabar_notifications::{Concern, NotificationId, Preferences};
use kabar_realtime::{Encoder, Notice};

/// What a device was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Ready,
    Entry(ConversationId, u64),
    Added(ConversationId, u64),
    Removed(ConversationId),
    Read(ConversationId, u64),
    OthersRead(ConversationId, UserId, u64),
    Delivered(ConversationId, UserId, u64),
    Typing(ConversationId, UserId, u32),
    Presence(UserId, bool),
    /// Of the entry at this position.
    Notice(ConversationId, u64, Concern),
    Marked(u32),
    Preferences(ConversationId),
    Ping,
    Closed(u16),
}

/// Says everything as a line of text, so that frames that were put together come apart again.
#[derive(Default)]
pub(crate) struct Lines {
    /// How often a notice was made.
    pub(crate) notices: AtomicU32,
    /// The last one.
    pub(crate) notice: Mutex<Option<Notice>>,
}

impl Encoder for Lines {
    fn entry(&self, entry: &Entry) -> Bytes {
        format!("entry {} {}\n", entry.conversation, entry.pos).into()
    }

    fn conversation_added(
        &self,
        conversation: ConversationId,
        _kind: ConversationKind,
        head: Pos,
    ) -> Bytes {
        format!("added {conversation} {head}\n").into()
    }

    fn conversation_removed(&self, conversation: ConversationId) -> Bytes {
        format!("removed {conversation} 0\n").into()
    }

    fn read(&self, cursor: &Cursor) -> Bytes {
        format!("read {} {}\n", cursor.conversation, cursor.read_seq).into()
    }

    fn others_read(&self, receipt: &Receipt) -> Bytes {
        let Receipt { conversation, user, read_seq, .. } = receipt;
        format!("others_read {conversation} {user} {read_seq}\n").into()
    }

    fn delivered(&self, receipt: &Receipt) -> Bytes {
        let Receipt { conversation, user, delivered_seq, .. } = receipt;
        format!("delivered {conversation} {user} {delivered_seq}\n").into()
    }

    fn typing(&self, conversation: ConversationId, user: UserId, expires_in: u32) -> Bytes {
        format!("typing {conversation} {user} {expires_in}\n").into()
    }

    fn presence(&self, presence: &Presence) -> Bytes {
        format!("presence {} {}\n", presence.user, presence.online).into()
    }

    fn notification(&self, notice: &Notice) -> Bytes {
        self.notices.fetch_add(1, Ordering::Relaxed);
        *self.notice.lock().unwrap() = Some(*notice);
        let NotificationId { conversation, pos } = notice.id;
        format!("notice {conversation} {pos} {}\n", notice.concern.as_str()).into()
    }

    fn notifications_read(&self, _ids: &[NotificationId], unread: u32) -> Bytes {
        format!("marked {unread}\n").into()
    }

    fn preferences(&self, conversation: ConversationId, _preferences: &Preferences) -> Bytes {
        format!("preferences {conversation}\n").into()
    }
}

fn concern(name: &str) -> Concern {
    let concerns = [
        Concern::Message,
        Concern::Mention,
        Concern::MentionAll,
        Concern::Reply,
        Concern::Joined,
        Concern::RoleChanged,
    ];
    concerns.into_iter().find(|concern| concern.as_str() == name).unwrap()
}

pub(crate) fn parse(mut bytes: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    while let Some(first) = bytes.first() {
        let length = match first {
            0x88 | 0x89 => 2 + usize::from(bytes[1]),
            _ => bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1,
        };
        let (frame, rest) = bytes.split_at(length);
        bytes = rest;
        seen.push(match first {
            0x88 => Seen::Closed(u16::from_be_bytes([frame[2], frame[3]])),
            0x89 => Seen::Ping,
            _ => parse_line(std::str::from_utf8(frame).unwrap()),
        });
    }
    seen
}

fn parse_line(line: &str) -> Seen {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["ready"] => Seen::Ready,
        ["entry", id, pos] => Seen::Entry(id.parse().unwrap(), pos.parse().unwrap()),
        ["added", id, head] => Seen::Added(id.parse().unwrap(), head.parse().unwrap()),
        ["removed", id, _] => Seen::Removed(id.parse().unwrap()),
        ["read", id, seq] => Seen::Read(id.parse().unwrap(), seq.parse().unwrap()),
        ["others_read", id, user, seq] => {
            Seen::OthersRead(id.parse().unwrap(), user.parse().unwrap(), seq.parse().unwrap())
        }
        ["delivered", id, user, seq] => {
            Seen::Delivered(id.parse().unwrap(), user.parse().unwrap(), seq.parse().unwrap())
        }
        ["typing", id, user, seconds] => {
            Seen::Typing(id.parse().unwrap(), user.parse().unwrap(), seconds.parse().unwrap())
        }
        ["presence", user, online] => {
            Seen::Presence(user.parse().unwrap(), online.parse().unwrap())
        }
        ["notice", id, pos, name] => {
            Seen::Notice(id.parse().unwrap(), pos.parse().unwrap(), concern(name))
        }
        ["marked", unread] => Seen::Marked(unread.parse().unwrap()),
        ["preferences", id] => Seen::Preferences(id.parse().unwrap()),
        _ => panic!("not a line of the encoder: {line}"),
    }
}
