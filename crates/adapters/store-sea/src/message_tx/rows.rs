//! The statements of a change of a message. In all but those that take a set `$1` is the
//! conversation.

use crate::{
    codec::{MESSAGE_COLUMNS, QUOTE_COLUMNS, QUOTED},
    dialect::Dialect,
    log::notices::{CALL_OF_EVERYBODY, MENTION, REPLY},
};

/// Takes the conversation's row until the end of the transaction.
pub(crate) fn lock_sql(dialect: &Dialect) -> String {
    format!(
        "SELECT kind, head, roster_version, active_at FROM conversations WHERE id = $1 {}",
        dialect.for_update
    )
}

pub(crate) const ROLE: &str =
    "SELECT role FROM members WHERE conversation_id = $1 AND user_id = $2";

/// The message with the id `$2`, without what it quotes.
pub(crate) fn by_id_sql() -> String {
    format!("SELECT {MESSAGE_COLUMNS} FROM messages x WHERE x.conversation_id = $1 AND x.id = $2")
}

/// The id of the message with the number `$2`.
pub(crate) const ID: &str = "SELECT id FROM messages WHERE conversation_id = $1 AND seq = $2";

/// The message with the number `$2`, with what it quotes.
pub(crate) fn by_seq_sql() -> String {
    format!(
        "SELECT {MESSAGE_COLUMNS}, {QUOTE_COLUMNS} FROM messages x {QUOTED} \
         WHERE x.conversation_id = $1 AND x.seq = $2"
    )
}

pub(crate) const EMOJIS: &str =
    "SELECT DISTINCT emoji FROM reactions WHERE conversation_id = $1 AND seq = $2";

pub(crate) const COUNT_REACTIONS: &str =
    "SELECT count(*) FROM reactions WHERE conversation_id = $1 AND seq = $2 AND emoji = $3";

pub(crate) const COUNT_PINS: &str = "SELECT count(*) FROM pins WHERE conversation_id = $1";

pub(crate) const EDIT: &str = "UPDATE messages SET body = $3, mentions = $4, edited_at = $5 \
    WHERE conversation_id = $1 AND seq = $2";

/// Leaves the message's place, author, client id and what it answered.
pub(crate) const REMOVE: &str = "UPDATE messages SET body = '', mentions = NULL, \
    forward_author_id = NULL, forward_created_at = NULL, deleted_at = $3 \
    WHERE conversation_id = $1 AND seq = $2";

pub(crate) const DELETE_REACTIONS: &str =
    "DELETE FROM reactions WHERE conversation_id = $1 AND seq = $2";

pub(crate) const DELETE_REACTION: &str = "DELETE FROM reactions \
    WHERE conversation_id = $1 AND seq = $2 AND emoji = $3 AND user_id = $4";

/// Adds the reaction of the user `$4` with the emoji `$3` at the moment `$5`.
///
/// All with one emoji bear the moment of its first use, which is its place among the others: it stays
/// when who used it first takes theirs back. Another emoji is later than all that are there, also
/// within a millisecond or when the clock goes back, so that the order is that of the log.
pub(crate) const INSERT_REACTION: &str = "INSERT INTO reactions \
    (conversation_id, seq, emoji, user_id, at) \
    SELECT $1, $2, $3, $4, coalesce(min(CASE WHEN r.emoji = $3 THEN r.at END), \
        CASE WHEN max(r.at) >= $5 THEN max(r.at) + 1 ELSE $5 END) \
    FROM reactions r WHERE r.conversation_id = $1 AND r.seq = $2 ON CONFLICT DO NOTHING";

pub(crate) const INSERT_PIN: &str = "INSERT INTO pins (conversation_id, seq, by_id, at, pos) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

pub(crate) const DELETE_PIN: &str = "DELETE FROM pins WHERE conversation_id = $1 AND seq = $2";

pub(crate) const INSERT_CHANGE: &str = "INSERT INTO changes \
    (conversation_id, pos, by_id, at, kind, data, seq) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const FINISH: &str = "UPDATE conversations SET head = $2, active_at = $3 WHERE id = $1";

/// The position of the notification of everybody, `$3`, about the message `$2`.
pub(crate) const CALL_POS: &str =
    "SELECT pos FROM notifications WHERE conversation_id = $1 AND user_id = $3 AND seq = $2";

/// Lets the mention of the user `$3` at the position `$2` be of an answer to theirs.
pub(crate) fn answer_sql() -> String {
    format!(
        "UPDATE notifications SET kind = {REPLY} \
         WHERE conversation_id = $1 AND pos = $2 AND user_id = $3 AND kind = {MENTION}"
    )
}

/// Lets mentions of the dialect's `ids` at the position `$3` of `$2` that were read be what says that
/// they have read the call of everybody there.
pub(crate) fn mark_sql(dialect: &Dialect) -> String {
    format!(
        "UPDATE notifications SET kind = {CALL_OF_EVERYBODY} WHERE conversation_id = $2 \
         AND pos = $3 AND kind = {MENTION} AND read_at IS NOT NULL \
         AND user_id IN (SELECT i.id FROM {})",
        dialect.ids
    )
}

/// Removes the notifications of the dialect's `ids` about the message `$3` of `$2` of the kind `$4`.
pub(crate) fn forget_sql(dialect: &Dialect) -> String {
    format!(
        "DELETE FROM notifications WHERE conversation_id = $2 AND seq = $3 AND kind = $4 \
         AND user_id IN (SELECT i.id FROM {})",
        dialect.ids
    )
}

/// Removes the call of everybody at the position `$2`, and who has read it.
pub(crate) fn forget_call_sql() -> String {
    format!(
        "DELETE FROM notifications \
         WHERE conversation_id = $1 AND pos = $2 AND kind = {CALL_OF_EVERYBODY}"
    )
}
