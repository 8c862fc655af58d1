//! Messages, with what is read along with them.

use kabar_chats::{
    ClientId, Emoji, Excerpt, Forward, Mentions, Message, MessageBody, Quote, Reaction,
};
use kabar_kernel::{ConversationId, MessageId, Pos, Seq, Timestamp, UserId};
use sea_orm::prelude::Uuid;

use super::{Columns, number};
use crate::{dialect::Dialect, failure::Failure};

/// The columns of the message `x`, in the order in which [`message`] reads them.
pub(crate) const MESSAGE_COLUMNS: &str = "x.conversation_id, x.seq, x.pos, x.id, x.author_id, x.client_id, x.body, x.reply_to, \
     x.created_at, x.mentions, x.forward_author_id, x.forward_created_at, x.edited_at, x.deleted_at";

/// Joins the message that `x` answers.
pub(crate) const QUOTED: &str =
    "LEFT JOIN messages q ON q.id = x.reply_to AND q.conversation_id = x.conversation_id";

/// The columns of the quoted message `q`, in the order in which [`quote`] reads them. Its text is cut
/// by the database: [`Excerpt::MAX_CHARS`] characters.
pub(crate) const QUOTE_COLUMNS: &str = "q.id AS quote_id, q.seq AS quote_seq, q.author_id AS quote_author_id, \
     substr(q.body, 1, 200) AS quote_body, q.edited_at AS quote_edited_at, \
     q.deleted_at AS quote_deleted_at";

/// The reactions to the message `x` as one text, in the order in which each emoji was first used:
/// `<emoji>:<count>:<1 if the reader has reacted so>`, separated by commas, neither of which is in an
/// emoji. `reader` is SQL.
pub(crate) fn reactions_of(dialect: &Dialect, reader: &str) -> String {
    format!(
        "(SELECT {}(g.emoji || ':' || g.n || ':' || g.mine, ',') FROM \
            (SELECT r.emoji, count(*) AS n, \
                max(CASE WHEN r.user_id = {reader} THEN 1 ELSE 0 END) AS mine \
             FROM reactions r WHERE r.conversation_id = x.conversation_id AND r.seq = x.seq \
             GROUP BY r.emoji ORDER BY min(r.at)) g) AS reactions",
        dialect.text_of
    )
}

/// Reads [`MESSAGE_COLUMNS`]; `None` where an outer join found no message, and then no more than the
/// first of them. Without quote and reactions.
pub(crate) fn message(columns: &mut Columns<'_>) -> Result<Option<Message>, Failure> {
    let Some(conversation) = columns.next::<Option<Uuid>>()? else {
        return Ok(None);
    };
    let seq = Seq::new(number(columns.next()?));
    let pos = Pos::new(number(columns.next()?));
    let id = MessageId::new(columns.next()?);
    let author = UserId::new(columns.next()?);
    let client_id = columns.next()?;
    let body = columns.next()?;
    let reply_to = columns.next::<Option<Uuid>>()?.map(MessageId::new);
    let created_at = Timestamp::from_millis(columns.next()?);
    let mentions: Option<String> = columns.next()?;
    let forward_author: Option<Uuid> = columns.next()?;
    let forward_created_at: Option<i64> = columns.next()?;
    let forward = forward_author.zip(forward_created_at).map(|(author, at)| Forward {
        author: UserId::new(author),
        created_at: Timestamp::from_millis(at),
    });
    Ok(Some(Message {
        id,
        conversation: ConversationId::new(conversation),
        seq,
        pos,
        author,
        client_id: client_id_of(client_id)?,
        body: MessageBody::from_stored(body),
        reply_to,
        quote: None,
        forward,
        mentions: mentions_of(mentions.as_deref().unwrap_or_default())?,
        reactions: Vec::new(),
        created_at,
        edited_at: moment(columns)?,
        deleted_at: moment(columns)?,
    }))
}

/// Reads [`QUOTE_COLUMNS`]; `None` where an outer join found no message.
pub(crate) fn quote(columns: &mut Columns<'_>) -> Result<Option<Quote>, Failure> {
    let id: Option<Uuid> = columns.next()?;
    let seq: Option<i64> = columns.next()?;
    let author: Option<Uuid> = columns.next()?;
    let body: Option<String> = columns.next()?;
    let (edited_at, deleted_at) = (moment(columns)?, moment(columns)?);
    Ok(id.zip(seq).zip(author).map(|((id, seq), author)| Quote {
        id: MessageId::new(id),
        seq: Seq::new(number(seq)),
        author: UserId::new(author),
        excerpt: Excerpt::of(body.as_deref().unwrap_or_default()),
        edited_at,
        deleted_at,
    }))
}

/// Reads [`MESSAGE_COLUMNS`] and [`QUOTE_COLUMNS`], as [`message`] does.
pub(crate) fn quoted(columns: &mut Columns<'_>) -> Result<Option<Message>, Failure> {
    let Some(message) = message(columns)? else {
        return Ok(None);
    };
    let quote = quote(columns)?.map(Box::new);
    Ok(Some(Message { quote, ..message }))
}

/// Reads the text that [`reactions_of`] makes.
pub(crate) fn reactions(columns: &mut Columns<'_>) -> Result<Vec<Reaction>, Failure> {
    let Some(text) = columns.next::<Option<String>>()? else {
        return Ok(Vec::new());
    };
    let reaction = |each: &str| {
        let (rest, mine) = each.rsplit_once(':')?;
        let (emoji, count) = rest.rsplit_once(':')?;
        let (emoji, count) = (Emoji::parse(emoji).ok()?, count.parse().ok()?);
        Some(Reaction { emoji, count, mine: mine == "1" })
    };
    let unreadable = || Failure::Unreadable("list of reactions");
    text.split(',').map(|each| reaction(each).ok_or_else(unreadable)).collect()
}

fn moment(columns: &mut Columns<'_>) -> Result<Option<Timestamp>, Failure> {
    Ok(columns.next::<Option<i64>>()?.map(Timestamp::from_millis))
}

fn client_id_of(text: String) -> Result<ClientId, Failure> {
    ClientId::parse(text).map_err(|_| Failure::Unreadable("client id"))
}

/// Whom a message calls as it is stored: ids without hyphens, separated by commas, `*` for everybody.
/// `None` when it calls nobody.
pub(crate) fn mentions_text(mentions: &Mentions) -> Option<String> {
    if mentions.is_empty() {
        return None;
    }
    let users = mentions.users.iter().map(|user| user.as_uuid().simple().to_string());
    let all = mentions.all.then(|| "*".to_owned());
    Some(all.into_iter().chain(users).collect::<Vec<_>>().join(","))
}

fn mentions_of(text: &str) -> Result<Mentions, Failure> {
    let mut mentions = Mentions::NONE;
    for each in text.split(',').filter(|each| !each.is_empty()) {
        if each == "*" {
            mentions.all = true;
        } else {
            let user = Uuid::try_parse(each).map_err(|_| Failure::Unreadable("mention"))?;
            mentions.users.push(UserId::new(user));
        }
    }
    Ok(mentions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_read_back_as_they_were_written() {
        let user = |n| UserId::new(Uuid::from_u128(n));
        for mentions in [
            Mentions { users: vec![user(2), user(1)], all: false },
            Mentions { users: vec![user(2), user(1)], all: true },
            Mentions { users: Vec::new(), all: true },
        ] {
            assert_eq!(mentions_of(&mentions_text(&mentions).unwrap()).unwrap(), mentions);
        }
        assert_eq!(mentions_text(&Mentions::NONE), None);
        assert_eq!(mentions_of("").unwrap(), Mentions::NONE);
        assert!(mentions_of("ayu").is_err());
    }

    #[test]
    fn the_database_cuts_a_quote_where_an_excerpt_ends() {
        assert!(QUOTE_COLUMNS.contains(&format!("substr(q.body, 1, {})", Excerpt::MAX_CHARS)));
    }
}
