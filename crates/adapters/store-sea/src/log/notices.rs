//! Whom a message concerns: the rows of `notifications` that are written with it.

use kabar_chats::{
    Mentions,
    ports::{NewMessage, ReplyTo},
};
use kabar_kernel::UserId;
use sea_orm::{DbBackend, Value, prelude::Uuid};
use serde_json::json;

use super::{
    outcome::Place,
    set::{hex, text},
};

/// The message calls the user by name.
pub(crate) const MENTION: i16 = 1;
/// The message calls everybody; of the nil user, who stands for all of them.
pub(crate) const CALL_OF_EVERYBODY: i16 = 2;
/// The message answers one of the user's.
pub(crate) const REPLY: i16 = 3;

/// Somebody whom a message concerns, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) user: Uuid,
    pub(crate) kind: i16,
}

/// Inserts rows of notifications; the dialect's `notices` follow.
pub(crate) const INSERT_NOTICES: &str = "INSERT INTO notifications \
    (conversation_id, pos, user_id, kind, seq, by_id, at) \
    SELECT n.conversation_id, n.pos, n.user_id, n.kind, n.seq, n.by_id, n.at FROM";

/// Whom a message of `author` concerns: nobody twice and never its author. A mention by name stands
/// before an answer.
pub(crate) fn notices(
    author: UserId,
    answered: Option<UserId>,
    mentions: &Mentions,
) -> Vec<Notice> {
    let mut notices: Vec<Notice> = Vec::new();
    let mut add = |user: Uuid, kind| {
        if user != author.as_uuid() && !notices.iter().any(|notice| notice.user == user) {
            notices.push(Notice { user, kind });
        }
    };
    for user in &mentions.users {
        add(user.as_uuid(), MENTION);
    }
    if let Some(answered) = answered {
        add(answered.as_uuid(), REPLY);
    }
    if mentions.all {
        add(Uuid::nil(), CALL_OF_EVERYBODY);
    }
    notices
}

/// Whom a message that shall be posted concerns.
pub(super) fn notices_of(message: &NewMessage) -> Vec<Notice> {
    let answered = message.reply.map(|ReplyTo { author, .. }| author);
    notices(message.author, answered, &message.mentions)
}

/// Whether more than the row of a plain message is to be written.
pub(super) fn is_rich(message: &NewMessage) -> bool {
    !message.mentions.is_empty()
        || message.forward.is_some()
        || message.reply.is_some_and(|reply| reply.author != message.author)
}

/// A row of `notifications` without its conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoticeRow {
    pub(crate) conversation: Uuid,
    pub(crate) place: Place,
    pub(crate) notice: Notice,
    pub(crate) by: Uuid,
    pub(crate) at: i64,
}

/// The rows that messages bring along.
pub(super) fn notice_rows(placed: &[(&NewMessage, Place)]) -> Vec<NoticeRow> {
    let of_message = |&(message, place): &(&NewMessage, Place)| {
        let (conversation, by) = (message.conversation.as_uuid(), message.author.as_uuid());
        let at = message.created_at.as_millis();
        notices_of(message).into_iter().map(move |notice| NoticeRow {
            conversation,
            place,
            notice,
            by,
            at,
        })
    };
    placed.iter().flat_map(of_message).collect()
}

/// Values of the dialect's `notices`.
pub(crate) fn notice_values(backend: DbBackend, rows: &[NoticeRow]) -> Vec<Value> {
    if backend == DbBackend::Postgres {
        return vec![
            rows.iter().map(|row| row.conversation).collect::<Vec<_>>().into(),
            rows.iter().map(|row| row.place.pos).collect::<Vec<_>>().into(),
            rows.iter().map(|row| row.notice.user).collect::<Vec<_>>().into(),
            rows.iter().map(|row| row.notice.kind).collect::<Vec<_>>().into(),
            rows.iter().map(|row| row.place.seq).collect::<Vec<_>>().into(),
            rows.iter().map(|row| row.by).collect::<Vec<_>>().into(),
            rows.iter().map(|row| row.at).collect::<Vec<_>>().into(),
        ];
    }
    vec![text(rows.iter().map(|row| {
        json!([
            hex(row.conversation),
            row.place.pos,
            hex(row.notice.user),
            row.notice.kind,
            row.place.seq,
            hex(row.by),
            row.at,
        ])
    }))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    #[test]
    fn a_message_concerns_nobody_twice_and_not_its_author() {
        let mentions = Mentions { users: vec![user(1), user(2), user(3), user(2)], all: true };
        let notice = |user, kind| Notice { user, kind };
        assert_eq!(
            notices(user(1), Some(user(3)), &mentions),
            [
                notice(Uuid::from_u128(2), MENTION),
                notice(Uuid::from_u128(3), MENTION),
                notice(Uuid::nil(), CALL_OF_EVERYBODY),
            ]
        );
        assert_eq!(
            notices(user(1), Some(user(2)), &Mentions::NONE),
            [notice(Uuid::from_u128(2), REPLY)]
        );
        assert_eq!(notices(user(1), Some(user(1)), &Mentions::NONE), []);
    }
}
