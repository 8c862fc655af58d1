//! From the domains' values to what clients see, by hand: nothing leaves that is not named here.

mod account;
mod conversation;
mod cursor;
mod entry;
mod group;
mod message;
mod notification;
mod presence;

pub(crate) use self::{
    account::{logged_in, privacy, tokens, user},
    conversation::{conversation, kind},
    cursor::{delivered_to, message_receipts, others_read, read_cursor, receipt},
    entry::entry,
    group::{group, member, role},
    message::{message, pin},
    notification::{notice, notification, preferences, quiet_hours},
    presence::presence,
};

use kabar_kernel::{ConversationId, MessageId, Pos, Seq, SessionId, Timestamp, UserId};
use uuid::Uuid;

/// The ids that clients see.
pub(crate) trait Named: Copy {
    /// The UUID in the id.
    fn uuid(self) -> Uuid;
}

macro_rules! named {
    ($($id:ident),+) => {$(
        impl Named for $id {
            fn uuid(self) -> Uuid {
                self.as_uuid()
            }
        }
    )+};
}
named!(UserId, ConversationId, MessageId, SessionId);

pub(crate) fn id(id: impl Named) -> kabar_wire::Id {
    kabar_wire::Id::new(id.uuid())
}

pub(crate) const fn pos(pos: Pos) -> kabar_wire::Pos {
    kabar_wire::Pos::new(pos.get())
}

pub(crate) const fn seq(seq: Seq) -> kabar_wire::Seq {
    kabar_wire::Seq::new(seq.get())
}

pub(crate) const fn time(moment: Timestamp) -> kabar_wire::Time {
    kabar_wire::Time::from_millis(moment.as_millis())
}
