//! Reads of the log. Each is one statement, so that membership and content are of one moment.

use async_trait::async_trait;
use kabar_chats::{
    Entry, Message, Window,
    ports::{Append, LogStore, MessagePage, NewMessage},
};
use kabar_kernel::{
    ConversationId, MessageId, Page, PageSize, PortResult, Pos, Seq, Timestamp, UserId,
};
use sea_orm::{QueryResult, prelude::Uuid};

use crate::{
    codec::{Columns, MESSAGE_COLUMNS, client_id_of, event_of, message, number, posted, stored},
    failure::{Failure, OrPort},
    store::SeaStore,
};

/// The log of the conversation `$1` after the position `$2`, at most `$3` entries: messages and
/// changes, each cut to the page before they are merged.
pub(crate) const ENTRIES: &str = "SELECT * FROM \
        (SELECT pos, id, seq, author_id, created_at, client_id, body, reply_to, \
            CAST(NULL AS text) AS kind \
         FROM messages WHERE conversation_id = $1 AND pos > $2 ORDER BY pos LIMIT $3) a \
    UNION ALL SELECT * FROM \
        (SELECT pos, by_id AS id, CAST(NULL AS bigint) AS seq, by_id AS author_id, \
            at AS created_at, CAST(NULL AS text) AS client_id, data AS body, by_id AS reply_to, \
            kind \
         FROM changes WHERE conversation_id = $1 AND pos > $2 ORDER BY pos LIMIT $3) b \
    ORDER BY pos LIMIT $3";

/// Which numbers a window spans, `(from, to]` as SQL, with `c` the conversation, `$3` the place and
/// `$4` how many. Numbers have no holes, so a page is a range and not a search.
///
/// A place past the last message stands for the last one.
fn span_of(window: Window) -> (String, String) {
    let place = "(CASE WHEN $3 > c.last_seq THEN c.last_seq ELSE $3 END)";
    match window {
        Window::Latest | Window::Before(_) => (format!("{place} - $4"), place.to_owned()),
        Window::After(_) => (place.to_owned(), format!("{place} + $4")),
        // Half of the page up to and with the one in the middle, rounded up.
        Window::Around(_) => (format!("{place} - ($4 + 1) / 2"), format!("{place} + $4 / 2")),
    }
}

/// The value of `$3`.
fn place_of(window: Window) -> i64 {
    match window {
        Window::Latest => i64::MAX,
        Window::Before(seq) => stored(seq.get()).saturating_sub(1),
        Window::After(seq) | Window::Around(seq) => stored(seq.get()),
    }
}

/// [`ENTRIES`] for the member `$4`, who has at least one row, if only an empty one.
pub(crate) fn entries_sql() -> String {
    format!(
        "SELECT e.* FROM members m LEFT JOIN ({ENTRIES}) e ON 1 = 1 \
         WHERE m.conversation_id = $1 AND m.user_id = $4 ORDER BY e.pos"
    )
}

/// The message `$3` of the conversation `$1` for its member `$2`.
pub(crate) fn message_sql() -> String {
    format!(
        "SELECT {MESSAGE_COLUMNS} FROM members m \
         JOIN messages x ON x.conversation_id = m.conversation_id \
         WHERE m.conversation_id = $1 AND m.user_id = $2 AND x.id = $3"
    )
}

/// A window of the conversation `$1` for its member `$2`.
pub(crate) fn window_sql(window: Window) -> String {
    let (from, to) = span_of(window);
    format!(
        "SELECT {MESSAGE_COLUMNS}, c.last_seq, {from} AS span_from, {to} AS span_to \
         FROM members m JOIN conversations c ON c.id = m.conversation_id \
         LEFT JOIN messages x ON x.conversation_id = m.conversation_id \
            AND x.seq > {from} AND x.seq <= {to} \
         WHERE m.conversation_id = $1 AND m.user_id = $2 ORDER BY x.seq"
    )
}

/// Reads a row of [`ENTRIES`]; `None` where an outer join found no entry.
fn entry(conversation: ConversationId, row: &QueryResult) -> Result<Option<Entry>, Failure> {
    let columns = &mut Columns::of(row);
    let Some(pos) = columns.next::<Option<i64>>()? else {
        return Ok(None);
    };
    let pos = Pos::new(number(pos));
    let id: Uuid = columns.next()?;
    let seq: Option<i64> = columns.next()?;
    let by = UserId::new(columns.next()?);
    let at = Timestamp::from_millis(columns.next()?);
    let client_id: Option<String> = columns.next()?;
    let text: String = columns.next()?;
    let reply_to: Option<Uuid> = columns.next()?;
    let Some(seq) = seq else {
        let kind: String = columns.next()?;
        return Ok(Some(Entry { conversation, pos, at, by, event: event_of(&kind, &text)? }));
    };
    Ok(Some(posted(Message {
        id: MessageId::new(id),
        conversation,
        seq: Seq::new(number(seq)),
        pos,
        author: by,
        client_id: client_id_of(client_id.unwrap_or_default())?,
        body: kabar_chats::MessageBody::from_stored(text),
        reply_to: reply_to.map(MessageId::new),
        created_at: at,
    })))
}

fn entries(
    conversation: ConversationId,
    rows: &[QueryResult],
    size: PageSize,
) -> Result<Page<Entry>, Failure> {
    let entries = rows.iter().filter_map(|row| entry(conversation, row).transpose());
    Ok(Page::from_overfetch(entries.collect::<Result<_, _>>()?, size))
}

impl SeaStore {
    async fn read_entries_after(
        &self,
        conversation: ConversationId,
        reader: UserId,
        after: Pos,
        size: PageSize,
    ) -> Result<Option<Page<Entry>>, Failure> {
        let values = [
            conversation.as_uuid().into(),
            stored(after.get()).into(),
            stored(size.overfetch()).into(),
            reader.as_uuid().into(),
        ];
        let rows = self.db.all(&entries_sql(), values).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        entries(conversation, &rows, size).map(Some)
    }

    async fn read_for_delivery(
        &self,
        conversation: ConversationId,
        after: Pos,
        size: PageSize,
    ) -> Result<Page<Entry>, Failure> {
        let values = [
            conversation.as_uuid().into(),
            stored(after.get()).into(),
            stored(size.overfetch()).into(),
        ];
        entries(conversation, &self.db.all(ENTRIES, values).await?, size)
    }

    async fn read_window(
        &self,
        conversation: ConversationId,
        reader: UserId,
        window: Window,
        size: PageSize,
    ) -> Result<Option<MessagePage>, Failure> {
        let values = [
            conversation.as_uuid().into(),
            reader.as_uuid().into(),
            place_of(window).into(),
            i64::from(size.get()).into(),
        ];
        let rows = self.db.all(&window_sql(window), values).await?;
        let mut page = MessagePage::default();
        for row in &rows {
            let columns = &mut Columns::of(row);
            let Some(message) = message(columns)? else {
                // The span is empty; what lies beside it is told by the row's other columns.
                let last_seq: i64 = row.try_get_by("last_seq")?;
                let from: i64 = row.try_get_by("span_from")?;
                let to: i64 = row.try_get_by("span_to")?;
                page.has_before = from >= 1 && last_seq >= 1;
                page.has_after = to < last_seq;
                break;
            };
            let last_seq = Seq::new(number(columns.next()?));
            page.has_before |= page.items.is_empty() && message.seq > Seq::new(1);
            page.has_after = message.seq < last_seq;
            page.items.push(message);
        }
        Ok((!rows.is_empty()).then_some(page))
    }

    async fn read_message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        id: MessageId,
    ) -> Result<Option<Message>, Failure> {
        let values = [conversation.as_uuid().into(), reader.as_uuid().into(), id.as_uuid().into()];
        let row = self.db.one(&message_sql(), values).await?;
        row.map_or(Ok(None), |row| message(&mut Columns::of(&row)))
    }
}

#[async_trait]
impl LogStore for SeaStore {
    async fn append(&self, message: NewMessage) -> PortResult<Append> {
        self.lanes.append(message).await
    }

    async fn entries_after(
        &self,
        conversation: ConversationId,
        reader: UserId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Option<Page<Entry>>> {
        self.read_entries_after(conversation, reader, after, size).await.or_port("read a log")
    }

    async fn entries_for_delivery(
        &self,
        conversation: ConversationId,
        after: Pos,
        size: PageSize,
    ) -> PortResult<Page<Entry>> {
        self.read_for_delivery(conversation, after, size).await.or_port("read a log for delivery")
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        window: Window,
        size: PageSize,
    ) -> PortResult<Option<MessagePage>> {
        self.read_window(conversation, reader, window, size).await.or_port("read messages")
    }

    async fn message(
        &self,
        conversation: ConversationId,
        reader: UserId,
        message: MessageId,
    ) -> PortResult<Option<Message>> {
        self.read_message(conversation, reader, message).await.or_port("read a message")
    }
}
