//! Sets of rows as values of one statement, whatever their size: arrays on PostgreSQL, JSON on
//! SQLite (see the dialect's `keys`, `counts` and `rows`).

use kabar_chats::{Forward, ports::NewMessage};
use kabar_kernel::{ConversationId, RosterVersion};
use sea_orm::{DbBackend, Value, prelude::Uuid};
use serde_json::{Value as Json, json};

use super::outcome::{Decision, Job, Place};
use crate::codec::{mentions_text, stored, stored_len};

/// The messages of one conversation in a batch, all checked against the same roster.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) conversation: ConversationId,
    pub(super) version: RosterVersion,
    /// The latest moment of them.
    pub(super) at: i64,
    /// How many.
    pub(super) len: usize,
}

/// A batch, split into what the fast path takes and what it cannot.
#[derive(Debug)]
pub(super) struct Groups {
    /// In the order of the groups.
    pub(super) jobs: Vec<Job>,
    pub(super) groups: Vec<Group>,
    /// Checked against an older roster than others of the same conversation.
    pub(super) stale: Vec<Job>,
}

/// The counters of a conversation before a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base {
    pub(super) head: i64,
    pub(super) last_seq: i64,
}

impl Base {
    /// The decision about the nth message of the conversation in the batch, counted from one.
    pub(super) const fn created(self, nth: i64) -> Decision {
        Decision::Created(Place {
            seq: self.last_seq.saturating_add(nth),
            pos: self.head.saturating_add(nth),
        })
    }
}

/// Splits a batch that is sorted by conversation.
pub(super) fn split_groups(sorted: Vec<Job>) -> Groups {
    let mut groups: Vec<Group> = Vec::new();
    let mut is_mixed = false;
    for job in &sorted {
        let message = &job.message;
        let at = message.created_at.as_millis();
        match groups.last_mut() {
            Some(group) if group.conversation == message.conversation => {
                is_mixed |= group.version != message.checked;
                group.version = group.version.max(message.checked);
                group.at = group.at.max(at);
                group.len += 1;
            }
            _ => groups.push(Group {
                conversation: message.conversation,
                version: message.checked,
                at,
                len: 1,
            }),
        }
    }
    if !is_mixed {
        return Groups { jobs: sorted, groups, stale: Vec::new() };
    }
    let (mut jobs, mut stale) = (Vec::with_capacity(sorted.len()), Vec::new());
    let mut rest = sorted.into_iter();
    for group in &mut groups {
        let (fresh, old): (Vec<Job>, Vec<Job>) =
            rest.by_ref().take(group.len).partition(|job| job.message.checked == group.version);
        group.len = fresh.len();
        jobs.extend(fresh);
        stale.extend(old);
    }
    Groups { jobs, groups, stale }
}

/// Values of the dialect's `counts`.
pub(super) fn counts(backend: DbBackend, groups: &[Group]) -> Vec<Value> {
    if backend == DbBackend::Postgres {
        let ids: Vec<Uuid> = groups.iter().map(|group| group.conversation.as_uuid()).collect();
        return vec![
            ids.into(),
            groups.iter().map(|group| stored_len(group.len)).collect::<Vec<_>>().into(),
            groups.iter().map(|group| stored(group.version.get())).collect::<Vec<_>>().into(),
            groups.iter().map(|group| group.at).collect::<Vec<_>>().into(),
        ];
    }
    let rows = groups.iter().map(|group| {
        json!([hex(group.conversation.as_uuid()), group.len, group.version.get(), group.at])
    });
    vec![text(rows)]
}

/// Values of the dialect's `keys`.
pub(super) fn keys(backend: DbBackend, jobs: &[Job]) -> Vec<Value> {
    let messages = || jobs.iter().map(|job| &job.message);
    if backend == DbBackend::Postgres {
        let client_ids = messages().map(|message| message.client_id.as_str().to_owned());
        return vec![
            messages().map(|message| message.conversation.as_uuid()).collect::<Vec<_>>().into(),
            messages().map(|message| message.author.as_uuid()).collect::<Vec<_>>().into(),
            client_ids.collect::<Vec<_>>().into(),
        ];
    }
    vec![text(messages().map(|message| {
        json!([
            hex(message.conversation.as_uuid()),
            hex(message.author.as_uuid()),
            message.client_id.as_str(),
        ])
    }))]
}

/// Values of the dialect's `rows`.
pub(super) fn rows(backend: DbBackend, placed: &[(&NewMessage, Place)]) -> Vec<Value> {
    let messages = || placed.iter().map(|(message, _)| *message);
    if backend == DbBackend::Postgres {
        let client_ids = messages().map(|message| message.client_id.as_str().to_owned());
        let bodies = messages().map(|message| message.body.as_str().to_owned());
        let replies = messages().map(reply_or_nil);
        return vec![
            messages().map(|message| message.conversation.as_uuid()).collect::<Vec<_>>().into(),
            placed.iter().map(|(_, place)| place.seq).collect::<Vec<_>>().into(),
            placed.iter().map(|(_, place)| place.pos).collect::<Vec<_>>().into(),
            messages().map(|message| message.id.as_uuid()).collect::<Vec<_>>().into(),
            messages().map(|message| message.author.as_uuid()).collect::<Vec<_>>().into(),
            client_ids.collect::<Vec<_>>().into(),
            bodies.collect::<Vec<_>>().into(),
            replies.collect::<Vec<_>>().into(),
            messages().map(|message| message.created_at.as_millis()).collect::<Vec<_>>().into(),
        ];
    }
    vec![text(placed.iter().map(|(message, place)| {
        json!([
            hex(message.conversation.as_uuid()),
            place.seq,
            place.pos,
            hex(message.id.as_uuid()),
            hex(message.author.as_uuid()),
            message.client_id.as_str(),
            message.body.as_str(),
            message.reply.map(|reply| hex(reply.message.as_uuid())),
            message.created_at.as_millis(),
        ])
    }))]
}

/// Values of the dialect's `rich_rows`.
pub(super) fn rich_rows(backend: DbBackend, placed: &[(&NewMessage, Place)]) -> Vec<Value> {
    if backend == DbBackend::Postgres {
        let messages = || placed.iter().map(|(message, _)| *message);
        let mut values = rows(backend, placed);
        values.extend::<[Value; 3]>([
            messages().map(mentions_or_empty).collect::<Vec<_>>().into(),
            messages().map(|message| forward_or_nil(message).0).collect::<Vec<_>>().into(),
            messages().map(|message| forward_or_nil(message).1).collect::<Vec<_>>().into(),
        ]);
        return values;
    }
    vec![text(placed.iter().map(|(message, place)| {
        json!([
            hex(message.conversation.as_uuid()),
            place.seq,
            place.pos,
            hex(message.id.as_uuid()),
            hex(message.author.as_uuid()),
            message.client_id.as_str(),
            message.body.as_str(),
            message.reply.map(|reply| hex(reply.message.as_uuid())),
            message.created_at.as_millis(),
            mentions_text(&message.mentions),
            message.forward.map(|Forward { author, .. }| hex(author.as_uuid())),
            message.forward.map(|Forward { created_at, .. }| created_at.as_millis()),
        ])
    }))]
}

/// Values of the dialect's `ids`.
pub(crate) fn ids(backend: DbBackend, ids: &[Uuid]) -> Value {
    if backend == DbBackend::Postgres {
        return ids.to_vec().into();
    }
    text(ids.iter().map(|id| hex(*id).into()))
}

/// Values of the dialect's `texts`.
pub(crate) fn texts(backend: DbBackend, texts: Vec<String>) -> Value {
    if backend == DbBackend::Postgres {
        return texts.into();
    }
    text(texts.into_iter().map(Json::from))
}

/// An array holds no NULL; the nil UUID, which names no message, stands for it.
pub(super) fn reply_or_nil(message: &NewMessage) -> Uuid {
    message.reply.map_or(Uuid::nil(), |reply| reply.message.as_uuid())
}

/// The same for whom a message calls: the empty text stands for nobody.
pub(super) fn mentions_or_empty(message: &NewMessage) -> String {
    mentions_text(&message.mentions).unwrap_or_default()
}

/// The same for where its words come from: the nil UUID, which names nobody, stands for its author.
pub(super) fn forward_or_nil(message: &NewMessage) -> (Uuid, i64) {
    message.forward.map_or((Uuid::nil(), 0), |Forward { author, created_at }| {
        (author.as_uuid(), created_at.as_millis())
    })
}

pub(super) fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

pub(super) fn text(rows: impl Iterator<Item = Json>) -> Value {
    Json::Array(rows.collect()).to_string().into()
}
