use kabar_kernel::ConversationId;
use kabar_notifications::{About, Concern, Level, Notification, Preferences, QuietHours};
use kabar_realtime::Notice;
use kabar_wire::NotifiedMessage;

use super::{id, pos, role, seq, time};

/// A notification of the inbox.
pub(crate) fn notification(notification: &Notification) -> kabar_wire::Notification {
    let concern = notification.concern;
    let (message, unread, given) = match &notification.about {
        About::Message { message, unread } => {
            let shown = NotifiedMessage {
                id: id(message.id),
                seq: seq(message.seq),
                body: Some(message.excerpt.clone()),
            };
            // Only what stands for all that waits in a direct conversation has something to count.
            (Some(shown), (concern == Concern::Message).then_some(*unread), None)
        }
        About::Membership { role } => (None, None, Some(*role)),
    };
    kabar_wire::Notification {
        id: notification.id.to_string(),
        kind: kind(concern),
        conversation_id: id(notification.id.conversation),
        pos: pos(notification.id.pos),
        by: id(notification.by),
        at: time(notification.at),
        message,
        unread,
        role: given.map(role),
        read: Some(notification.read),
    }
}

/// A notification as it happens: without the text, which its entry brings.
pub(crate) fn notice(notice: &Notice) -> kabar_wire::Notification {
    kabar_wire::Notification {
        id: notice.id.to_string(),
        kind: kind(notice.concern),
        conversation_id: id(notice.id.conversation),
        pos: pos(notice.id.pos),
        by: id(notice.by),
        at: time(notice.at),
        message: notice.message.map(|message| NotifiedMessage {
            id: id(message.id),
            seq: seq(message.seq),
            body: None,
        }),
        unread: None,
        role: notice.role.map(role),
        read: None,
    }
}

const fn kind(concern: Concern) -> kabar_wire::Concern {
    match concern {
        Concern::Message => kabar_wire::Concern::Message,
        Concern::Mention => kabar_wire::Concern::Mention,
        Concern::MentionAll => kabar_wire::Concern::MentionAll,
        Concern::Reply => kabar_wire::Concern::Reply,
        Concern::Joined => kabar_wire::Concern::Joined,
        Concern::RoleChanged => kabar_wire::Concern::RoleChanged,
    }
}

/// What a member decided for a conversation, for their own devices only.
pub(crate) fn preferences(
    conversation: ConversationId,
    preferences: &Preferences,
) -> kabar_wire::Preferences {
    kabar_wire::Preferences {
        conversation_id: id(conversation),
        level: preferences.level.map(level),
        muted_until: preferences.muted_until.map(time),
    }
}

const fn level(level: Level) -> kabar_wire::Level {
    match level {
        Level::All => kabar_wire::Level::All,
        Level::Mentions => kabar_wire::Level::Mentions,
        Level::None => kabar_wire::Level::None,
    }
}

/// When a user wants to be left alone, for their own devices only.
pub(crate) fn quiet_hours(hours: &QuietHours) -> kabar_wire::QuietHours {
    kabar_wire::QuietHours {
        time_zone: hours.zone().to_owned(),
        from: hours.from().to_string(),
        to: hours.to().to_string(),
    }
}
