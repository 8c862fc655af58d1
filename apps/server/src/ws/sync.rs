//! `sync`: a client that was away gets what it missed, in order and without hole, and then what
//! happens, without anything between the two being lost.
//!
//! For each conversation that moved on, the live stream is paused, the log is read and sent, and the
//! live stream goes on from there. What is committed meanwhile is in the log: the pause ends only
//! when nothing was sent to others beyond what was read.
//!
//! Cursors are not in the log. Those that moved since the client was last here are found by the time
//! of their last change (ADR 12).

use std::{collections::HashSet, time::Duration};

use kabar_chats::{Chats, ConversationState, MovedCursors, ReadLogError};
use kabar_kernel::{ConversationId, PageSize, PortResult, Pos, Seq, Timestamp};
use kabar_realtime::Encoder;
use kabar_wire::ws::{self, EventName};
use serde_json::value::RawValue;

use super::{
    JsonEncoder,
    encode::{event, outgoing},
    socket::Socket,
};
use crate::{http::problem::Problem, present};

/// How much earlier than the client says cursors are looked for: clocks of nodes differ, and what
/// moved a cursor may have been committed late. One that comes twice does no harm.
const MARGIN: Duration = Duration::from_secs(10);

pub(super) async fn sync(
    socket: &Socket,
    id: Option<&RawValue>,
    command: ws::Sync,
) -> Result<(), Problem> {
    let chats = &socket.services().chats;
    // Before anything is read: what moves from now on is told live, or found by the next `since`.
    let now = socket.services().clock.now();
    let epoch = chats.epoch().await?;
    let states = chats.states(socket.identity.user).await?;
    let positions = command.positions.0;
    let position_of = |state: &ConversationState| positions.get(&present::id(state.id)).copied();

    let reset = command.epoch.is_some_and(|of_client| of_client != epoch)
        || states.iter().any(|state| {
            position_of(state).is_some_and(|position| position > present::pos(state.head))
        });
    let mut changed = Vec::new();
    for state in &states {
        match position_of(state) {
            Some(position) if !reset => {
                if position < present::pos(state.head) {
                    replay(socket, state, Pos::new(position.get())).await?;
                    changed.push(synced(state));
                }
            }
            _ => changed.push(synced(state)),
        }
    }
    let mut more_cursors = false;
    if !reset {
        gone(socket, &states, positions.into_keys());
        if let Some(since) = command.since {
            let since = Timestamp::from_millis(since.as_millis());
            more_cursors = cursors(socket, since).await?;
        }
    }
    let time = present::time(now);
    let data = ws::Synced { epoch, reset, time, more_cursors, conversations: changed };
    socket.connection().push(outgoing(&ws::Outgoing { event: EventName::Synced, id, data }));
    Ok(())
}

/// Sends the cursors that moved since, the user's own and those of others that they may see; answers
/// whether there may be more.
async fn cursors(socket: &Socket, since: Timestamp) -> PortResult<bool> {
    let chats = &socket.services().chats;
    let moved = chats.moved_since(socket.identity.user, since.before(MARGIN)).await?;
    let is_full = |count: usize| count >= usize::from(Chats::MAX_MOVED);
    let more = is_full(moved.own.len()) || is_full(moved.others.len());
    let MovedCursors { own, others } = moved;
    let own = own.iter().map(|cursor| JsonEncoder.read(cursor));
    let others = others.iter().flat_map(|receipt| {
        // What was read was received: the one says the other where they are the same.
        let read = (receipt.read_seq > Seq::ZERO).then(|| JsonEncoder.others_read(receipt));
        let delivered =
            (receipt.delivered_seq > receipt.read_seq).then(|| JsonEncoder.delivered(receipt));
        read.into_iter().chain(delivered)
    });
    for frame in own.chain(others) {
        if !socket.connection().room().await {
            break;
        }
        socket.connection().push(frame);
    }
    Ok(more)
}

/// Tells which of the client's conversations its user is not in, be it that they never were.
fn gone(
    socket: &Socket,
    states: &[ConversationState],
    named: impl Iterator<Item = kabar_wire::Id>,
) {
    let own: HashSet<_> = states.iter().map(|state| present::id(state.id)).collect();
    for conversation_id in named.filter(|id| !own.contains(id)) {
        let removed = ws::ConversationRemoved { conversation_id };
        socket.connection().push(event(EventName::ConversationRemoved, removed));
    }
}

/// Sends the entries after `from`, at most [`PageSize::REPLAY`] of them; what is beyond them is left
/// to be paged, and the live stream goes on after that.
async fn replay(socket: &Socket, state: &ConversationState, from: Pos) -> Result<(), Problem> {
    let conversation = state.id;
    if !socket.attach.pause(conversation).await {
        // Not followed: the user left it meanwhile, or the socket is closing.
        return Ok(());
    }
    // What was told since `ready` and is held back comes from the log now, in its order.
    socket.connection().forget_held(conversation);
    let sent = send_missed(socket, conversation, from).await;
    // Whatever came of it, the live stream goes on: a client that sees a hole asks again.
    let (mut at, more) = match &sent {
        Ok(missed) => (missed.last, missed.more),
        Err(_) => (from, false),
    };
    if more {
        at = skip(socket, conversation, at, state.head.max(at));
    }
    while let Err(ahead) = socket.attach.resume(conversation, at).await {
        let read = send_missed(socket, conversation, at).await;
        let last = read.map_or(at, |missed| missed.last);
        // What could not be read now is left to be paged.
        at = if last >= ahead { last } else { skip(socket, conversation, last, ahead) };
    }
    sent.map(|_| ()).or_else(|error| match error {
        // Left meanwhile: the hub says so.
        ReadLogError::ConversationNotFound | ReadLogError::MessageNotFound => Ok(()),
        ReadLogError::Port(error) => Err(error.into()),
    })
}

struct Missed {
    last: Pos,
    more: bool,
}

async fn send_missed(
    socket: &Socket,
    conversation: ConversationId,
    from: Pos,
) -> Result<Missed, ReadLogError> {
    let reader = socket.identity.user;
    let page =
        socket.services().chats.entries(conversation, reader, from, PageSize::REPLAY).await?;
    for entry in &page.items {
        if !socket.connection().room().await {
            break;
        }
        socket.connection().push(JsonEncoder.entry(entry));
    }
    let last = page.items.last().map_or(from, |entry| entry.pos);
    Ok(Missed { last, more: page.has_more })
}

/// Tells the client to page what is between, and answers where the live stream goes on.
fn skip(socket: &Socket, conversation: ConversationId, from: Pos, to: Pos) -> Pos {
    let gap = ws::Gap {
        conversation_id: present::id(conversation),
        from: present::pos(from),
        to: present::pos(to),
    };
    socket.connection().push(event(EventName::Gap, gap));
    to
}

fn synced(state: &ConversationState) -> ws::SyncedConversation {
    ws::SyncedConversation {
        id: present::id(state.id),
        kind: present::kind(state.kind),
        head: present::pos(state.head),
        last_seq: present::seq(state.last_seq),
        read_seq: present::seq(state.read_seq),
        delivered_seq: present::seq(state.delivered_seq),
        unread: state.unread,
        mentions: state.mentions,
        marked_unread: state.marked_unread,
    }
}
