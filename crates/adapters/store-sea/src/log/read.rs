//! Reads of the log. Each is one statement, so that membership and content are of one moment.

use async_trait::async_trait;
use kabar_chats::{
    ClientId, Entry, Message, Pin, Window,
    ports::{Append, LogStore, MessagePage, MessageTx, NewMessage},
};
use kabar_kernel::{
    ConversationId, MessageId, Page, PageSize, PortResult, Pos, Seq, Timestamp, UserId,
};
use sea_orm::{QueryResult, prelude::Uuid};

use crate::{
    codec::{
        Columns, MESSAGE_COLUMNS, QUOTE_COLUMNS, QUOTED, event_of, number, posted, quoted,
        reactions, reactions_of, stored,
    },
    dialect::Dialect,
    failure::{Failure, OrPort},
    message_tx::SeaMessageTx,
    store::SeaStore,
};

/// The columns of an entry, in the order in which [`entry`] reads them; those of its message follow.
const ENTRY_COLUMNS: &str = "x.entry_pos, x.at, x.by_id, x.kind, x.data, x.subject";

/// The log of the conversation `$1` after the position `$2`, at most `$3` entries: messages and
/// changes, each cut to the page before they are merged. A change that shows its message brings it
/// along as it is now; one that only names it does without.
fn entries() -> String {
    // The result is `x`, as a message is everywhere; what it is made of has names of its own.
    let columns = MESSAGE_COLUMNS.replace("x.", "messages.");
    format!(
        "SELECT * FROM \
            (SELECT pos AS entry_pos, created_at AS at, author_id AS by_id, \
                CAST(NULL AS text) AS kind, CAST(NULL AS text) AS data, seq AS subject, {columns} \
             FROM messages WHERE conversation_id = $1 AND pos > $2 ORDER BY pos LIMIT $3) a \
        UNION ALL SELECT * FROM \
            (SELECT e.pos AS entry_pos, e.at, e.by_id, e.kind, e.data, e.seq AS subject, {columns} \
             FROM (SELECT pos, at, by_id, kind, data, seq FROM changes \
                WHERE conversation_id = $1 AND pos > $2 ORDER BY pos LIMIT $3) e \
             LEFT JOIN messages ON e.kind = 'message.edited' \
                AND messages.conversation_id = $1 AND messages.seq = e.seq) b \
        ORDER BY entry_pos LIMIT $3"
    )
}

/// [`entries`] with what their messages quote.
pub(crate) fn delivery_sql() -> String {
    format!(
        "SELECT {ENTRY_COLUMNS}, {MESSAGE_COLUMNS}, {QUOTE_COLUMNS} FROM ({}) x {QUOTED} \
         ORDER BY x.entry_pos",
        entries()
    )
}

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

/// [`delivery_sql`] for the member `$4`, who has at least one row, if only an empty one.
pub(crate) fn entries_sql() -> String {
    format!(
        "SELECT {ENTRY_COLUMNS}, {MESSAGE_COLUMNS}, {QUOTE_COLUMNS} \
         FROM members m LEFT JOIN ({}) x ON 1 = 1 {QUOTED} \
         WHERE m.conversation_id = $1 AND m.user_id = $4 ORDER BY x.entry_pos",
        entries()
    )
}

/// A message of the conversation `$1` for its member `$2`; what it is found by follows.
fn one_sql(dialect: &Dialect) -> String {
    format!(
        "SELECT {MESSAGE_COLUMNS}, {QUOTE_COLUMNS}, {} FROM members m \
         JOIN messages x ON x.conversation_id = m.conversation_id {QUOTED} \
         WHERE m.conversation_id = $1 AND m.user_id = $2",
        reactions_of(dialect, "$2")
    )
}

/// The message with the id `$3`.
pub(crate) fn message_sql(dialect: &Dialect) -> String {
    format!("{} AND x.id = $3", one_sql(dialect))
}

/// The reader's own message that their client called `$3`.
pub(crate) fn sent_sql(dialect: &Dialect) -> String {
    format!("{} AND x.author_id = $2 AND x.client_id = $3", one_sql(dialect))
}

/// The pinned messages of the conversation `$1` for its member `$2`, who has at least one row.
pub(crate) fn pins_sql(dialect: &Dialect) -> String {
    format!(
        "SELECT {MESSAGE_COLUMNS}, {QUOTE_COLUMNS}, {}, p.by_id, p.at FROM members m \
         LEFT JOIN pins p ON p.conversation_id = m.conversation_id \
         LEFT JOIN messages x ON x.conversation_id = p.conversation_id AND x.seq = p.seq {QUOTED} \
         WHERE m.conversation_id = $1 AND m.user_id = $2 ORDER BY p.pos DESC",
        reactions_of(dialect, "$2")
    )
}

/// A window of the conversation `$1` for its member `$2`, with the head of the conversation.
pub(crate) fn window_sql(dialect: &Dialect, window: Window) -> String {
    let (from, to) = span_of(window);
    format!(
        "SELECT {MESSAGE_COLUMNS}, {QUOTE_COLUMNS}, {}, c.head, c.last_seq, \
            {from} AS span_from, {to} AS span_to \
         FROM members m JOIN conversations c ON c.id = m.conversation_id \
         LEFT JOIN messages x ON x.conversation_id = m.conversation_id \
            AND x.seq > {from} AND x.seq <= {to} {QUOTED} \
         WHERE m.conversation_id = $1 AND m.user_id = $2 ORDER BY x.seq",
        reactions_of(dialect, "$2")
    )
}

/// Reads an entry; `None` where an outer join found none.
fn entry(conversation: ConversationId, row: &QueryResult) -> Result<Option<Entry>, Failure> {
    let columns = &mut Columns::of(row);
    let Some(pos) = columns.next::<Option<i64>>()? else {
        return Ok(None);
    };
    let pos = Pos::new(number(pos));
    let at = Timestamp::from_millis(columns.next()?);
    let by = UserId::new(columns.next::<Uuid>()?);
    let kind: Option<String> = columns.next()?;
    let data: Option<String> = columns.next()?;
    let subject: Option<i64> = columns.next()?;
    let message = quoted(columns)?;
    let Some(kind) = kind else {
        return message.map(posted).ok_or(Failure::Unreadable("entry")).map(Some);
    };
    let event = event_of(&kind, data.as_deref().unwrap_or_default(), subject, message)?;
    Ok(Some(Entry { conversation, pos, at, by, event }))
}

fn page_of(
    conversation: ConversationId,
    rows: &[QueryResult],
    size: PageSize,
) -> Result<Page<Entry>, Failure> {
    let entries = rows.iter().filter_map(|row| entry(conversation, row).transpose());
    Ok(Page::from_overfetch(entries.collect::<Result<_, _>>()?, size))
}

/// Reads a message with its quote and reactions; `None` where an outer join found none.
fn whole(columns: &mut Columns<'_>) -> Result<Option<Message>, Failure> {
    let Some(message) = quoted(columns)? else {
        return Ok(None);
    };
    Ok(Some(Message { reactions: reactions(columns)?, ..message }))
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
        page_of(conversation, &rows, size).map(Some)
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
        page_of(conversation, &self.db.all(&delivery_sql(), values).await?, size)
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
        let rows = self.db.all(&window_sql(self.db.dialect, window), values).await?;
        let mut page = MessagePage::default();
        for row in &rows {
            let columns = &mut Columns::of(row);
            let Some(message) = whole(columns)? else {
                let head: i64 = row.try_get_by("head")?;
                page.head = Pos::new(number(head));
                // The span is empty; what lies beside it is told by the row's other columns.
                let last_seq: i64 = row.try_get_by("last_seq")?;
                let from: i64 = row.try_get_by("span_from")?;
                let to: i64 = row.try_get_by("span_to")?;
                page.has_before = from >= 1 && last_seq >= 1;
                page.has_after = to < last_seq;
                break;
            };
            page.head = Pos::new(number(columns.next()?));
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
        let row = self.db.one(&message_sql(self.db.dialect), values).await?;
        row.map_or(Ok(None), |row| whole(&mut Columns::of(&row)))
    }

    async fn read_sent(
        &self,
        conversation: ConversationId,
        author: UserId,
        client_id: &ClientId,
    ) -> Result<Option<Message>, Failure> {
        let (conversation, author) = (conversation.as_uuid(), author.as_uuid());
        let values = [conversation.into(), author.into(), client_id.as_str().into()];
        let row = self.db.one(&sent_sql(self.db.dialect), values).await?;
        row.map_or(Ok(None), |row| whole(&mut Columns::of(&row)))
    }

    async fn read_pins(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> Result<Option<Vec<Pin>>, Failure> {
        let values = [conversation.as_uuid().into(), reader.as_uuid().into()];
        let rows = self.db.all(&pins_sql(self.db.dialect), values).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut pins = Vec::new();
        for row in &rows {
            let columns = &mut Columns::of(row);
            if let Some(message) = whole(columns)? {
                let by = UserId::new(columns.next()?);
                pins.push(Pin { message, by, at: Timestamp::from_millis(columns.next()?) });
            }
        }
        Ok(Some(pins))
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

    async fn pins(
        &self,
        conversation: ConversationId,
        reader: UserId,
    ) -> PortResult<Option<Vec<Pin>>> {
        self.read_pins(conversation, reader).await.or_port("read the pinned messages")
    }

    async fn sent(
        &self,
        conversation: ConversationId,
        author: UserId,
        client_id: &ClientId,
    ) -> PortResult<Option<Message>> {
        self.read_sent(conversation, author, client_id).await.or_port("read a sent message")
    }

    async fn begin(
        &self,
        conversation: ConversationId,
        actor: UserId,
    ) -> PortResult<Option<Box<dyn MessageTx>>> {
        let begun = async {
            let committer = self.lanes.committer(conversation)?;
            SeaMessageTx::begin(&self.db, committer, conversation, actor).await
        };
        let begun = begun.await.or_port("begin a change of a message")?;
        Ok(begun.map(|tx| -> Box<dyn MessageTx> { Box::new(tx) }))
    }
}
