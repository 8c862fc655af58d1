//! Inserts of messages that have their numbers.

use kabar_chats::ports::NewMessage;
use sea_orm::{ConnectionTrait, Statement};

use super::{
    notices::{INSERT_NOTICES, is_rich, notice_rows, notice_values},
    outcome::Place,
    set::{rich_rows, rows},
};
use crate::{dialect::Dialect, failure::Failure};

/// Begins the statement that inserts messages with their numbers; the dialect's `rows` follow.
const INSERT: &str = "INSERT INTO messages (conversation_id, seq, pos, id, author_id, \
    client_id, body, reply_to, created_at) SELECT m.conversation_id, m.seq, m.pos, m.id, \
    m.author_id, m.client_id, m.body, m.reply_to, m.created_at FROM";

/// The same for messages of which some call somebody or were forwarded; the dialect's `rich_rows`
/// follow.
const INSERT_RICH: &str = "INSERT INTO messages (conversation_id, seq, pos, id, author_id, \
    client_id, body, reply_to, created_at, mentions, forward_author_id, forward_created_at) \
    SELECT m.conversation_id, m.seq, m.pos, m.id, m.author_id, m.client_id, m.body, m.reply_to, \
    m.created_at, m.mentions, m.forward_author_id, m.forward_created_at FROM";

/// Inserts the messages, and whom they concern.
pub(super) async fn insert_placed(
    tx: &impl ConnectionTrait,
    dialect: &Dialect,
    placed: &[(&NewMessage, Place)],
) -> Result<(), Failure> {
    let backend = dialect.backend;
    if !placed.iter().any(|(message, _)| is_rich(message)) {
        let insert = format!("{INSERT} {}", dialect.rows);
        let values = rows(backend, placed);
        tx.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
        return Ok(());
    }
    let insert = format!("{INSERT_RICH} {}", dialect.rich_rows);
    let values = rich_rows(backend, placed);
    tx.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
    let noticed = notice_rows(placed);
    if !noticed.is_empty() {
        let insert = format!("{INSERT_NOTICES} {}", dialect.notices);
        let values = notice_values(backend, &noticed);
        tx.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
    }
    Ok(())
}
