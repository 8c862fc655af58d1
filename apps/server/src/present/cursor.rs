use kabar_chats::{Cursor, MessageReceipts, Receipt};
use kabar_wire::ws::{DeliveredTo, OthersRead};

use super::{id, seq};

/// Where one's own cursor stands.
pub(crate) fn read_cursor(cursor: &Cursor) -> kabar_wire::ReadCursor {
    kabar_wire::ReadCursor {
        conversation_id: id(cursor.conversation),
        user_id: id(cursor.user),
        read_seq: seq(cursor.read_seq),
        delivered_seq: seq(cursor.delivered_seq),
        unread: cursor.unread,
        mentions: cursor.mentions,
        marked_unread: cursor.marked_unread,
    }
}

/// How far another member is.
pub(crate) fn receipt(receipt: &Receipt) -> kabar_wire::Receipt {
    kabar_wire::Receipt {
        conversation_id: id(receipt.conversation),
        user_id: id(receipt.user),
        read_seq: seq(receipt.read_seq),
        delivered_seq: seq(receipt.delivered_seq),
    }
}

/// How far another member has read.
pub(crate) fn others_read(receipt: &Receipt) -> OthersRead {
    OthersRead {
        conversation_id: id(receipt.conversation),
        user_id: id(receipt.user),
        read_seq: seq(receipt.read_seq),
    }
}

/// How far somebody's devices have received.
pub(crate) fn delivered_to(receipt: &Receipt) -> DeliveredTo {
    DeliveredTo {
        conversation_id: id(receipt.conversation),
        user_id: id(receipt.user),
        delivered_seq: seq(receipt.delivered_seq),
    }
}

/// Who has received and read a message.
pub(crate) fn message_receipts(receipts: &MessageReceipts) -> kabar_wire::MessageReceipts {
    kabar_wire::MessageReceipts {
        read: receipts.read.iter().copied().map(id).collect(),
        delivered: receipts.delivered.iter().copied().map(id).collect(),
    }
}
