//! One change of a message: a transaction that holds the conversation's row.
//!
//! Messages are appended, and groups changed, by transactions that hold the same row. So nothing that
//! is read here can change until the commit, and the lane of the conversation announces the entries
//! in their place among all others.

mod calls;
pub(crate) mod rows;

use async_trait::async_trait;
use kabar_chats::{
    Emoji, Entry, Event, Mentions, Message, MessageBody, MessageRef, ReactionChange, Standing,
    ports::MessageTx,
};
use kabar_kernel::{
    ConversationId, MessageId, PortResult, Pos, RosterVersion, Seq, Timestamp, UserId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};

use self::rows::{
    COUNT_PINS, COUNT_REACTIONS, DELETE_PIN, DELETE_REACTION, DELETE_REACTIONS, EDIT, EMOJIS,
    FINISH, ID, INSERT_CHANGE, INSERT_PIN, INSERT_REACTION, REMOVE, ROLE, by_id_sql, by_seq_sql,
    lock_sql,
};
use crate::{
    codec::{
        Columns, change_of, kind, mentions_text, message, number, quoted, role, stored, subject_of,
    },
    connect::Db,
    failure::{Failure, OrPort},
    log::Committer,
    store::to_its_end,
};

/// The open transaction. Dropped, it rolls back and hands its connection back.
pub(crate) struct SeaMessageTx {
    tx: DatabaseTransaction,
    db: Db,
    committer: Committer,
    conversation: ConversationId,
    actor: UserId,
    standing: Standing,
    head: Pos,
    active_at: i64,
    /// The message that was read last: the one that is changed, mostly.
    known: Option<MessageRef>,
    /// What happened, to be announced after the commit; its rows are written already.
    entries: Vec<Entry>,
}

impl SeaMessageTx {
    /// Waits for the conversation's row; `None` when there is no such conversation, or the actor is
    /// not a member once it is held.
    pub(crate) async fn begin(
        db: &Db,
        committer: Committer,
        conversation: ConversationId,
        actor: UserId,
    ) -> Result<Option<Self>, Failure> {
        let tx = db.begin().await?;
        let lock = db.statement(&lock_sql(db.dialect), [conversation.as_uuid().into()]);
        let locked = tx.query_one_raw(lock).await?;
        // A statement of its own: one that waits for the row sees members as they were before.
        let role_of = db.statement(ROLE, [conversation.as_uuid().into(), actor.as_uuid().into()]);
        let member = match locked {
            Some(locked) => tx.query_one_raw(role_of).await?.map(|member| (locked, member)),
            None => None,
        };
        let Some((locked, member)) = member else {
            tx.rollback().await?;
            return Ok(None);
        };
        let columns = &mut Columns::of(&locked);
        let kind = kind(columns.next()?)?;
        let head = Pos::new(number(columns.next()?));
        let roster = RosterVersion::new(number(columns.next()?));
        let active_at = columns.next()?;
        let role = role(Columns::of(&member).next()?)?;
        Ok(Some(Self {
            tx,
            db: db.clone(),
            committer,
            conversation,
            actor,
            standing: Standing { kind, role, roster },
            head,
            active_at,
            known: None,
            entries: Vec::new(),
        }))
    }

    fn here(&self) -> Value {
        self.conversation.as_uuid().into()
    }

    async fn one<const N: usize>(
        &self,
        sql: &str,
        values: [Value; N],
    ) -> Result<Option<QueryResult>, Failure> {
        Ok(self.tx.query_one_raw(self.db.statement(sql, values)).await?)
    }

    /// Runs a statement and answers how many rows it touched.
    async fn run<const N: usize>(&self, sql: &str, values: [Value; N]) -> Result<u64, Failure> {
        Ok(self.tx.execute_raw(self.db.statement(sql, values)).await?.rows_affected())
    }

    async fn count<const N: usize>(&self, sql: &str, values: [Value; N]) -> Result<u32, Failure> {
        let row = self.one(sql, values).await?.ok_or(Failure::Unreadable("count"))?;
        Ok(u32::try_from(row.try_get_by::<i64, _>(0)?).unwrap_or(u32::MAX))
    }

    async fn read(&mut self, id: MessageId) -> Result<Option<Message>, Failure> {
        let row = self.one(&by_id_sql(), [self.here(), id.as_uuid().into()]).await?;
        let read = row.map_or(Ok(None), |row| message(&mut Columns::of(&row)))?;
        self.known = read.as_ref().map(|message| MessageRef { id: message.id, seq: message.seq });
        Ok(read)
    }

    /// The message with its quote.
    async fn read_quoted(&self, seq: Seq) -> Result<Message, Failure> {
        let row = self.one(&by_seq_sql(), [self.here(), stored(seq.get()).into()]).await?;
        let message = row.map_or(Ok(None), |row| quoted(&mut Columns::of(&row)))?;
        message.ok_or(Failure::Unreadable("message"))
    }

    async fn named(&self, seq: Seq) -> Result<MessageRef, Failure> {
        if let Some(known) = self.known.filter(|known| known.seq == seq) {
            return Ok(known);
        }
        let row = self.one(ID, [self.here(), stored(seq.get()).into()]).await?;
        let row = row.ok_or(Failure::Unreadable("message"))?;
        Ok(MessageRef { id: MessageId::new(row.try_get_by(0)?), seq })
    }

    /// Writes the entry that records what happened, at the next position.
    async fn record(&mut self, at: Timestamp, event: Event) -> Result<(), Failure> {
        let Some((kind, data)) = change_of(&event) else {
            return Err(Failure::Unreadable("change"));
        };
        let pos = self.head.next();
        let values = [
            self.here(),
            stored(pos.get()).into(),
            self.actor.as_uuid().into(),
            at.as_millis().into(),
            kind.into(),
            data.to_string().into(),
            subject_of(&event).into(),
        ];
        self.run(INSERT_CHANGE, values).await?;
        self.head = pos;
        self.active_at = Ord::max(self.active_at, at.as_millis());
        let (conversation, by) = (self.conversation, self.actor);
        self.entries.push(Entry { conversation, pos, at, by, event });
        Ok(())
    }

    async fn replace(
        &mut self,
        seq: Seq,
        body: &MessageBody,
        mentions: &Mentions,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let before = self.read_quoted(seq).await?;
        let values = [
            self.here(),
            stored(seq.get()).into(),
            body.as_str().into(),
            mentions_text(mentions).into(),
            at.as_millis().into(),
        ];
        self.run(EDIT, values).await?;
        if before.mentions != *mentions {
            self.call(&before, mentions, at).await?;
        }
        let newly = mentions.beyond(&before.mentions);
        let message = Box::new(Message {
            body: body.clone(),
            mentions: mentions.clone(),
            edited_at: Some(at),
            ..before
        });
        self.record(at, Event::MessageEdited { message, newly }).await
    }

    async fn remove(&mut self, seq: Seq, at: Timestamp) -> Result<(), Failure> {
        let message = self.read_quoted(seq).await?;
        self.call_nobody(&message).await?;
        let number: Value = stored(seq.get()).into();
        self.run(REMOVE, [self.here(), number.clone(), at.as_millis().into()]).await?;
        self.run(DELETE_REACTIONS, [self.here(), number.clone()]).await?;
        self.run(DELETE_PIN, [self.here(), number]).await?;
        self.record(at, Event::MessageDeleted(MessageRef { id: message.id, seq })).await
    }

    /// Adds the actor's reaction or takes it back.
    async fn set_reaction(
        &mut self,
        seq: Seq,
        emoji: Emoji,
        present: bool,
        at: Timestamp,
    ) -> Result<bool, Failure> {
        let number: Value = stored(seq.get()).into();
        let key = [self.here(), number.clone(), emoji.as_str().into(), self.actor.as_uuid().into()];
        let changed = if present {
            let [here, number, emoji, actor] = key;
            self.run(INSERT_REACTION, [here, number, emoji, actor, at.as_millis().into()]).await?
        } else {
            self.run(DELETE_REACTION, key).await?
        };
        if changed == 0 {
            return Ok(false);
        }
        let count =
            self.count(COUNT_REACTIONS, [self.here(), number, emoji.as_str().into()]).await?;
        let change = ReactionChange { message: self.named(seq).await?, emoji, count };
        let event =
            if present { Event::ReactionAdded(change) } else { Event::ReactionRemoved(change) };
        self.record(at, event).await?;
        Ok(true)
    }

    async fn set_pin(&mut self, seq: Seq, pinned: bool, at: Timestamp) -> Result<bool, Failure> {
        let number: Value = stored(seq.get()).into();
        let changed = if pinned {
            let by = self.actor.as_uuid().into();
            let pos = stored(self.head.next().get());
            self.run(INSERT_PIN, [self.here(), number, by, at.as_millis().into(), pos.into()])
                .await?
        } else {
            self.run(DELETE_PIN, [self.here(), number]).await?
        };
        if changed == 0 {
            return Ok(false);
        }
        let message = self.named(seq).await?;
        let event =
            if pinned { Event::MessagePinned(message) } else { Event::MessageUnpinned(message) };
        self.record(at, event).await?;
        Ok(true)
    }

    async fn read_emojis(&self, seq: Seq) -> Result<Vec<Emoji>, Failure> {
        let statement = self.db.statement(EMOJIS, [self.here(), stored(seq.get()).into()]);
        let rows = self.tx.query_all_raw(statement).await?;
        let emoji = |row: &QueryResult| {
            let text: String = row.try_get_by(0)?;
            Emoji::parse(&text).map_err(|_| Failure::Unreadable("emoji"))
        };
        rows.iter().map(emoji).collect()
    }

    async fn finish(self) -> Result<(), Failure> {
        if self.entries.is_empty() {
            return Ok(self.tx.rollback().await?);
        }
        let head = stored(self.head.get());
        self.run(FINISH, [self.here(), head.into(), self.active_at.into()]).await?;
        let Self { tx, committer, entries, .. } = self;
        committer.commit(tx, entries, || ()).await
    }
}

#[async_trait]
impl MessageTx for SeaMessageTx {
    fn standing(&self) -> Standing {
        self.standing
    }

    async fn message(&mut self, message: MessageId) -> PortResult<Option<Message>> {
        self.read(message).await.or_port("read a message")
    }

    async fn emojis(&mut self, message: Seq) -> PortResult<Vec<Emoji>> {
        self.read_emojis(message).await.or_port("read reactions")
    }

    async fn pin_count(&mut self) -> PortResult<u32> {
        self.count(COUNT_PINS, [self.here()]).await.or_port("count the pinned messages")
    }

    async fn edit(
        &mut self,
        message: Seq,
        body: &MessageBody,
        mentions: &Mentions,
        at: Timestamp,
    ) -> PortResult<()> {
        self.replace(message, body, mentions, at).await.or_port("edit a message")
    }

    async fn delete(&mut self, message: Seq, at: Timestamp) -> PortResult<()> {
        self.remove(message, at).await.or_port("delete a message")
    }

    async fn react(&mut self, message: Seq, emoji: Emoji, at: Timestamp) -> PortResult<bool> {
        self.set_reaction(message, emoji, true, at).await.or_port("react to a message")
    }

    async fn unreact(&mut self, message: Seq, emoji: Emoji, at: Timestamp) -> PortResult<bool> {
        self.set_reaction(message, emoji, false, at).await.or_port("take a reaction back")
    }

    async fn pin(&mut self, message: Seq, pinned: bool, at: Timestamp) -> PortResult<bool> {
        self.set_pin(message, pinned, at).await.or_port("pin a message")
    }

    async fn commit(self: Box<Self>) -> PortResult<()> {
        to_its_end("commit a change of a message", self.finish()).await
    }
}
