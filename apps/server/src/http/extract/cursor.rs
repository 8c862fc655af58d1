//! Cursors of lists whose order is by more than a number: base64url, opaque to clients.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kabar_chats::{ActivityCursor, Conversation};
use kabar_groups::{Member, ports::MemberCursor};
use kabar_kernel::{ConversationId, Pos, Timestamp, UserId};
use kabar_notifications::{InboxCursor, Notification, NotificationId};
use kabar_users::{User, Username};
use kabar_wire::Cursor;
use uuid::Uuid;

use crate::http::problem::Problem;

/// The moments a cursor may hold: what RFC 3339 can say, which every database can compare with.
const MOMENTS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

fn refused() -> Problem {
    Problem::field("after", "invalid", "is not a `next` of this list")
}

fn write_place(moment: Timestamp, id: Uuid) -> Cursor {
    let mut bytes = moment.as_millis().to_be_bytes().to_vec();
    bytes.extend(id.as_bytes());
    Cursor(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn read_place(cursor: &Cursor) -> Option<(Timestamp, Uuid)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
    let (moment, id) = bytes.split_first_chunk::<8>()?;
    let moment = i64::from_be_bytes(*moment);
    let id = Uuid::from_slice(id).ok()?;
    MOMENTS.contains(&moment).then(|| (Timestamp::from_millis(moment), id))
}

/// Where a list of conversations goes on after this one.
pub(crate) fn write_activity(last: &Conversation) -> Cursor {
    write_place(last.active_at, last.state.id.as_uuid())
}

/// # Errors
/// The cursor was not made by [`write_activity`].
pub(crate) fn read_activity(cursor: Option<Cursor>) -> Result<Option<ActivityCursor>, Problem> {
    let read = |cursor: Cursor| {
        let (active_at, id) = read_place(&cursor).ok_or_else(refused)?;
        Ok(ActivityCursor { active_at, conversation: ConversationId::new(id) })
    };
    cursor.map(read).transpose()
}

/// Where a list of members goes on after this one.
pub(crate) fn write_member(last: &Member) -> Cursor {
    write_place(last.joined_at, last.user.as_uuid())
}

/// # Errors
/// The cursor was not made by [`write_member`].
pub(crate) fn read_member(cursor: Option<Cursor>) -> Result<Option<MemberCursor>, Problem> {
    let read = |cursor: Cursor| {
        let (joined_at, id) = read_place(&cursor).ok_or_else(refused)?;
        Ok(MemberCursor { joined_at, user: UserId::new(id) })
    };
    cursor.map(read).transpose()
}

/// Where an inbox goes on after this one.
pub(crate) fn write_inbox(last: &Notification) -> Cursor {
    let mut bytes = last.at.as_millis().to_be_bytes().to_vec();
    bytes.extend(last.id.conversation.as_uuid().as_bytes());
    bytes.extend(last.id.pos.get().to_be_bytes());
    Cursor(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// # Errors
/// The cursor was not made by [`write_inbox`].
pub(crate) fn read_inbox(cursor: Option<Cursor>) -> Result<Option<InboxCursor>, Problem> {
    let read = |cursor: Cursor| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
        let (moment, rest) = bytes.split_first_chunk::<8>()?;
        let (conversation, pos) = rest.split_first_chunk::<16>()?;
        let moment = i64::from_be_bytes(*moment);
        let pos = u64::from_be_bytes(pos.try_into().ok()?);
        // No more than the databases hold.
        let valid = MOMENTS.contains(&moment) && i64::try_from(pos).is_ok();
        let conversation = ConversationId::new(Uuid::from_bytes(*conversation));
        let id = NotificationId { conversation, pos: Pos::new(pos) };
        valid.then(|| InboxCursor { at: Timestamp::from_millis(moment), id })
    };
    cursor.map(|cursor| read(cursor).ok_or_else(refused)).transpose()
}

/// Where a list of accounts goes on after this one.
pub(crate) fn write_username(last: &User) -> Cursor {
    Cursor(BASE64_URL_SAFE_NO_PAD.encode(last.username.as_str()))
}

/// # Errors
/// The cursor was not made by [`write_username`].
pub(crate) fn read_username(cursor: Option<Cursor>) -> Result<Option<Username>, Problem> {
    let read = |cursor: Cursor| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor.0).ok();
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|name| Username::parse(&name).ok())
            .ok_or_else(refused)
    };
    cursor.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        let (moment, id) = (Timestamp::from_millis(1_772_357_400_125), Uuid::from_u128(7));
        assert_eq!(read_place(&write_place(moment, id)), Some((moment, id)));
    }

    #[test]
    fn a_place_of_an_inbox_reads_back_as_it_was_written() {
        let id = NotificationId {
            conversation: ConversationId::new(Uuid::from_u128(7)),
            pos: Pos::new(17),
        };
        let at = Timestamp::from_millis(1_772_357_400_125);
        let last = Notification {
            id,
            concern: kabar_notifications::Concern::Joined,
            by: UserId::new(Uuid::from_u128(1)),
            at,
            about: kabar_notifications::About::Membership { role: kabar_kernel::Role::Member },
            read: false,
        };
        let read = read_inbox(Some(write_inbox(&last))).unwrap();
        assert_eq!(read, Some(InboxCursor { at, id }));
    }

    #[test]
    fn anything_else_is_refused() {
        let endless = write_place(Timestamp::from_millis(i64::MAX), Uuid::nil()).0;
        let endless_log = BASE64_URL_SAFE_NO_PAD.encode([[0; 24].as_slice(), &[255; 8]].concat());
        for wrong in [&endless_log, "", "x", "AAAA", "1", "\0", "'; --", &"A".repeat(33), &endless]
        {
            assert!(read_activity(Some(Cursor(wrong.to_owned()))).is_err(), "{wrong}");
            assert!(read_member(Some(Cursor(wrong.to_owned()))).is_err(), "{wrong}");
            assert!(read_username(Some(Cursor(wrong.to_owned()))).is_err(), "{wrong}");
            assert!(read_inbox(Some(Cursor(wrong.to_owned()))).is_err(), "{wrong}");
        }
    }
}
