//! How far every member has received and read.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use kabar_chats::{
    ConversationKind, Cursor, MemberReceipt, MovedCursors, Receipt, Receipts,
    ports::{Audience, CursorStore, LiveFeed},
};
use kabar_kernel::{ConversationId, PortResult, Pos, Seq, Timestamp, UserId};
use sea_orm::{QueryResult, Value, prelude::Uuid};

use crate::{
    codec::{Columns, kind, number, stored},
    connect::Db,
    conversations::{Queries, state_of},
    failure::{Failure, OrPort},
    store::{SeaStore, to_its_end},
};

/// Moves the read cursor of the member `$2` of `$1` to `$3` at the moment `$4`: forward only, and never
/// past the last message, whoever else moves it at the same time. What is read was received, and is not
/// marked as unread.
///
/// `cursor_at` is when what others are shown last moved, `own_at` when anything of the member's own
/// did.
pub(crate) const MARK_READ: &str = "UPDATE members SET read_seq = c.target, \
        delivered_seq = CASE WHEN c.target > members.delivered_seq THEN c.target \
            ELSE members.delivered_seq END, \
        marked_unread = 0, \
        cursor_at = CASE WHEN members.cursor_at < $4 THEN $4 ELSE members.cursor_at END, \
        own_at = CASE WHEN members.own_at < $4 THEN $4 ELSE members.own_at END \
    FROM (SELECT CASE WHEN v.last_seq < $3 THEN v.last_seq ELSE $3 END AS target \
        FROM conversations v WHERE v.id = $1) c \
    WHERE members.conversation_id = $1 AND members.user_id = $2 \
    AND members.read_seq < c.target RETURNING members.read_seq";

/// Moves the delivered cursor of the member `$2` of `$1` to `$3` at the moment `$4`, in the same way.
pub(crate) const MARK_DELIVERED: &str = "UPDATE members SET delivered_seq = c.target, \
        cursor_at = CASE WHEN members.cursor_at < $4 THEN $4 ELSE members.cursor_at END, \
        own_at = CASE WHEN members.own_at < $4 THEN $4 ELSE members.own_at END \
    FROM (SELECT CASE WHEN v.last_seq < $3 THEN v.last_seq ELSE $3 END AS target \
        FROM conversations v WHERE v.id = $1) c \
    WHERE members.conversation_id = $1 AND members.user_id = $2 \
    AND members.delivered_seq < c.target RETURNING members.delivered_seq";

/// Marks the conversation `$1` as unread for its member `$2` at the moment `$3`.
pub(crate) const MARK_UNREAD: &str = "UPDATE members SET marked_unread = 1, \
        own_at = CASE WHEN own_at < $3 THEN $3 ELSE own_at END \
    WHERE conversation_id = $1 AND user_id = $2 AND marked_unread = 0 RETURNING read_seq";

/// Takes the mark of the member `$2` of `$1` away at the moment `$3`, where reading moved nothing.
pub(crate) const UNMARK: &str = "UPDATE members SET marked_unread = 0, \
        own_at = CASE WHEN own_at < $3 THEN $3 ELSE own_at END \
    WHERE conversation_id = $1 AND user_id = $2 AND marked_unread <> 0 RETURNING read_seq";

/// Ends a condition on the member `o`: who hides how far they are is left out.
macro_rules! shows {
    () => {
        "NOT EXISTS (SELECT 1 FROM users s WHERE s.id = o.user_id AND s.shows_receipts = 0)"
    };
}

/// How far the other members of `$1` are, for its member `$2`, who has at least one row, if only an
/// empty one. Of a group of more than `$3` members nobody's row is looked at.
pub(crate) const RECEIPTS: &str = concat!(
    "SELECT v.kind, v.member_count, o.user_id, o.read_seq, o.delivered_seq, o.joined_pos \
     FROM members m JOIN conversations v ON v.id = m.conversation_id \
     LEFT JOIN members o ON o.user_id <> m.user_id AND o.conversation_id = \
        CASE WHEN v.kind = 0 OR v.member_count <= $3 THEN v.id END AND ",
    shows!(),
    " WHERE m.conversation_id = $1 AND m.user_id = $2 ORDER BY o.user_id"
);

/// Those of them, in all conversations of `$1`, that moved at `$2` or later: at most `$4`, the latest
/// first.
///
/// A moment is in no index, so that moving a cursor touches none: the rows of the members of every
/// conversation that has receipts are looked through, which are `$3` for each group at most.
pub(crate) const MOVED: &str = concat!(
    "SELECT o.conversation_id, o.user_id, o.read_seq, o.delivered_seq \
     FROM members m JOIN conversations v ON v.id = m.conversation_id \
     JOIN members o ON o.conversation_id = v.id \
     WHERE m.user_id = $1 AND (v.kind = 0 OR v.member_count <= $3) AND o.user_id <> m.user_id \
     AND o.cursor_at >= $2 AND o.cursor_at > 0 AND ",
    shows!(),
    " ORDER BY o.cursor_at DESC, o.conversation_id, o.user_id LIMIT $4"
);

/// Which part of a cursor a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Read(Seq),
    Delivered(Seq),
    Unread,
}

/// Of whom it is that a cursor changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    /// Nothing did.
    Nothing,
    /// What only the member is shown: the mark.
    Own,
    /// What others are shown too.
    Shown,
}

/// Whom a change of a cursor is about, and when it is.
#[derive(Debug, Clone, Copy)]
struct Place {
    conversation: Uuid,
    user: Uuid,
    at: i64,
}

impl Mark {
    /// Makes the change.
    async fn write(self, db: &Db, place: Place) -> Result<Changed, Failure> {
        let Place { conversation, user, at } = place;
        let to = |seq: Seq| -> [Value; 4] {
            [conversation.into(), user.into(), stored(seq.get()).into(), at.into()]
        };
        let moved = match self {
            Self::Read(seq) => db.write(MARK_READ, to(seq)).await?,
            Self::Delivered(seq) => db.write(MARK_DELIVERED, to(seq)).await?,
            Self::Unread => Vec::new(),
        };
        if !moved.is_empty() {
            return Ok(Changed::Shown);
        }
        let here = [conversation.into(), user.into(), at.into()];
        let marked = match self {
            Self::Read(_) => db.write(UNMARK, here).await?,
            Self::Unread => db.write(MARK_UNREAD, here).await?,
            Self::Delivered(_) => Vec::new(),
        };
        Ok(if marked.is_empty() { Changed::Nothing } else { Changed::Own })
    }

    fn announce(self, feed: &dyn LiveFeed, changed: Changed, cursor: Cursor) {
        if changed == Changed::Nothing {
            return;
        }
        let cursor = Cursor { shown: cursor.shown && changed == Changed::Shown, ..cursor };
        match self {
            Self::Read(_) | Self::Unread => feed.read(cursor),
            Self::Delivered(_) => feed.delivered(cursor),
        }
    }
}

const fn has_receipts(kind: ConversationKind, members: u32, audience: Audience) -> bool {
    matches!(kind, ConversationKind::Direct) || members <= audience.members
}

/// Reads a row of [`Queries::cursor`].
fn cursor_of(row: &QueryResult, user: UserId, audience: Audience) -> Result<Cursor, Failure> {
    let columns = &mut Columns::of(row);
    let state = state_of(columns)?;
    let members = u32::try_from(columns.next::<i32>()?).unwrap_or(u32::MAX);
    let shows = columns.next::<Option<i16>>()? != Some(0);
    Ok(Cursor {
        conversation: state.id,
        user,
        read_seq: state.read_seq,
        delivered_seq: state.delivered_seq,
        unread: state.unread,
        mentions: state.mentions,
        marked_unread: state.marked_unread,
        shown: shows && has_receipts(state.kind, members, audience),
    })
}

/// Reads `user_id, read_seq, delivered_seq`; `None` where an outer join found nobody.
fn receipt_of(
    conversation: ConversationId,
    columns: &mut Columns<'_>,
) -> Result<Option<Receipt>, Failure> {
    let Some(user) = columns.next::<Option<Uuid>>()? else {
        return Ok(None);
    };
    let read_seq = Seq::new(number(columns.next()?));
    let delivered_seq = Seq::new(number(columns.next()?));
    Ok(Some(Receipt { conversation, user: UserId::new(user), read_seq, delivered_seq }))
}

async fn move_cursor(
    db: &Db,
    queries: &Queries,
    feed: &dyn LiveFeed,
    mark: Mark,
    place: Place,
    audience: Audience,
) -> Result<Option<Cursor>, Failure> {
    let changed = mark.write(db, place).await?;
    let row = db.one(&queries.cursor, [place.user.into(), place.conversation.into()]).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let cursor = cursor_of(&row, UserId::new(place.user), audience)?;
    mark.announce(feed, changed, cursor);
    Ok(Some(cursor))
}

impl SeaStore {
    /// Moves a cursor and announces it, also when the caller's future is dropped meanwhile.
    fn mark(
        &self,
        operation: &'static str,
        mark: Mark,
        place: Place,
        audience: Audience,
    ) -> impl Future<Output = PortResult<Option<Cursor>>> + Send + use<> {
        let (db, queries, feed) = (self.db.clone(), self.queries.clone(), Arc::clone(&self.feed));
        to_its_end(operation, async move {
            move_cursor(&db, &queries, &*feed, mark, place, audience).await
        })
    }

    async fn read_receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
        audience: Audience,
    ) -> Result<Option<Receipts>, Failure> {
        let values = [
            conversation.as_uuid().into(),
            reader.as_uuid().into(),
            i64::from(audience.members).into(),
        ];
        let rows = self.db.all(RECEIPTS, values).await?;
        let mut receipts = Vec::with_capacity(rows.len());
        for row in &rows {
            let columns = &mut Columns::of(row);
            let kind = kind(columns.next()?)?;
            let members = u32::try_from(columns.next::<i32>()?).unwrap_or(u32::MAX);
            if !has_receipts(kind, members, audience) {
                return Ok(Some(Receipts::TooLarge));
            }
            if let Some(receipt) = receipt_of(conversation, columns)? {
                let joined_pos = Pos::new(number(columns.next()?));
                receipts.push(MemberReceipt { receipt, joined_pos });
            }
        }
        Ok((!rows.is_empty()).then_some(Receipts::Shown(receipts)))
    }

    async fn read_moved(
        &self,
        reader: UserId,
        since: Timestamp,
        audience: Audience,
        limit: u16,
    ) -> Result<MovedCursors, Failure> {
        let (user, since, limit) = (reader.as_uuid(), since.as_millis(), i64::from(limit));
        let values = [user.into(), since.into(), limit.into()];
        let own = self.db.all(&self.queries.moved, values).await?;
        let values = [user.into(), since.into(), i64::from(audience.members).into(), limit.into()];
        let others = self.db.all(MOVED, values).await?;
        let own = own.iter().map(|row| cursor_of(row, reader, audience));
        let others = others.iter().filter_map(|row| {
            let columns = &mut Columns::of(row);
            let conversation = columns.next().map(ConversationId::new);
            conversation.and_then(|conversation| receipt_of(conversation, columns)).transpose()
        });
        Ok(MovedCursors {
            own: own.collect::<Result<_, _>>()?,
            others: others.collect::<Result<_, _>>()?,
        })
    }
}

#[async_trait]
impl CursorStore for SeaStore {
    async fn mark_read(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>> {
        let place = place(conversation, reader, at);
        self.mark("mark messages as read", Mark::Read(seq), place, audience).await
    }

    async fn mark_delivered(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>> {
        let place = place(conversation, reader, at);
        self.mark("mark messages as received", Mark::Delivered(seq), place, audience).await
    }

    async fn mark_unread(
        &self,
        conversation: ConversationId,
        reader: UserId,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>> {
        let place = place(conversation, reader, at);
        self.mark("mark a conversation as unread", Mark::Unread, place, audience).await
    }

    async fn receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
        audience: Audience,
    ) -> PortResult<Option<Receipts>> {
        self.read_receipts(conversation, reader, audience).await.or_port("read receipts")
    }

    async fn moved_since(
        &self,
        reader: UserId,
        since: Timestamp,
        audience: Audience,
        limit: u16,
    ) -> PortResult<MovedCursors> {
        self.read_moved(reader, since, audience, limit).await.or_port("read moved cursors")
    }
}

fn place(conversation: ConversationId, user: UserId, at: Timestamp) -> Place {
    Place { conversation: conversation.as_uuid(), user: user.as_uuid(), at: at.as_millis() }
}
