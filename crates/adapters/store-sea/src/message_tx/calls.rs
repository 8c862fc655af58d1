//! Whom a message concerns, after its text has changed.
//!
//! A row of `notifications` stands at the position of the entry that first called its user: that of the
//! message, or of an edit. It stays there, read or unread, for as long as the user is called so.

use kabar_chats::{Mentions, Message};
use kabar_kernel::Timestamp;
use sea_orm::{ConnectionTrait, Statement, Value, prelude::Uuid};

use super::{
    SeaMessageTx,
    rows::{CALL_POS, answer_sql, forget_call_sql, forget_sql, mark_sql},
};
use crate::{
    codec::stored,
    failure::Failure,
    log::{
        Place, ids,
        notices::{INSERT_NOTICES, MENTION, NoticeRow, REPLY, notice_values, notices},
    },
};

fn users_of(mentions: &Mentions) -> Vec<Uuid> {
    mentions.users.iter().map(|user| user.as_uuid()).collect()
}

impl SeaMessageTx {
    /// Takes away what only the old text called, and adds what only the new one calls, by the entry
    /// that is recorded next.
    pub(super) async fn call(
        &self,
        before: &Message,
        mentions: &Mentions,
        at: Timestamp,
    ) -> Result<(), Failure> {
        self.call_no_more(before, &before.mentions.beyond(mentions)).await?;
        // Whoever is answered was told so when it was posted.
        let notices = notices(before.author, None, &mentions.beyond(&before.mentions));
        let place = Place { seq: stored(before.seq.get()), pos: stored(self.head.next().get()) };
        let (conversation, by) = (self.conversation.as_uuid(), before.author.as_uuid());
        let at = at.as_millis();
        let row = |notice| NoticeRow { conversation, place, notice, by, at };
        let rows: Vec<NoticeRow> = notices.into_iter().map(row).collect();
        if !rows.is_empty() {
            let dialect = self.db.dialect;
            let insert = format!("{INSERT_NOTICES} {}", dialect.notices);
            let values = notice_values(dialect.backend, &rows);
            let insert = Statement::from_sql_and_values(dialect.backend, insert, values);
            self.tx.execute_raw(insert).await?;
        }
        Ok(())
    }

    /// Takes away all that the message is to be notified of.
    pub(super) async fn call_nobody(&self, message: &Message) -> Result<(), Failure> {
        self.call_no_more(message, &message.mentions).await?;
        match &message.quote {
            Some(answered) => self.forget(message, &[answered.author.as_uuid()], REPLY).await,
            None => Ok(()),
        }
    }

    /// Takes away what of the message's calls is no more.
    async fn call_no_more(&self, message: &Message, gone: &Mentions) -> Result<(), Failure> {
        let call = if message.mentions.all { self.call_pos(message).await? } else { None };
        if !gone.users.is_empty() {
            let users = users_of(gone);
            if let Some(answered) = &message.quote {
                let pos = stored(message.pos.get()).into();
                let user = answered.author.as_uuid();
                if users.contains(&user) {
                    self.run(&answer_sql(), [self.here(), pos, user.into()]).await?;
                }
            }
            if let Some(pos) = call {
                let users = ids(self.db.dialect.backend, &users);
                self.run(&mark_sql(self.db.dialect), [users, self.here(), pos.into()]).await?;
            }
            self.forget(message, &users, MENTION).await?;
        }
        if let Some(pos) = call.filter(|_| gone.all) {
            self.run(&forget_call_sql(), [self.here(), pos.into()]).await?;
        }
        Ok(())
    }

    /// The position of the entry by which the message calls everybody.
    async fn call_pos(&self, message: &Message) -> Result<Option<i64>, Failure> {
        let values = [self.here(), stored(message.seq.get()).into(), Uuid::nil().into()];
        let row = self.one(CALL_POS, values).await?;
        Ok(row.map(|row| row.try_get_by(0)).transpose()?)
    }

    async fn forget(&self, message: &Message, users: &[Uuid], kind: i16) -> Result<(), Failure> {
        let users = ids(self.db.dialect.backend, users);
        let seq: Value = stored(message.seq.get()).into();
        self.run(&forget_sql(self.db.dialect), [users, self.here(), seq, kind.into()]).await?;
        Ok(())
    }
}
