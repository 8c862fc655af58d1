use kabar_chats::Presence;

use super::{id, time};

/// Whether somebody is there, for one who may know.
pub(crate) fn presence(presence: &Presence) -> kabar_wire::Presence {
    kabar_wire::Presence {
        user_id: id(presence.user),
        online: presence.online,
        last_seen_at: presence.last_seen_at.map(time),
    }
}
