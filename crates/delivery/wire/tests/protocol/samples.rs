//! One value of everything the server says.

use kabar_wire::{
    Concern, ConversationKind, Entry, Event, FieldError, Forwarded, GroupCreated, GroupUpdated, Id,
    Level, MemberGone, MemberRole, Message, MessageEdited, MessageNamed, MessagePosted,
    Notification, NotifiedMessage, Pos, Preferences, Presence, Problem, Quote, Reaction,
    ReactionChanged, ReadCursor, Role, Seq, Time, ws,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub(crate) fn id(last: u128) -> Id {
    Id::new(Uuid::from_u128(last))
}

pub(crate) const NOW: Time = Time::from_millis(1_772_357_400_125);

pub(crate) fn json(of: impl Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

/// A message with nothing that it may be without.
pub(crate) fn plain() -> Message {
    Message {
        id: id(1),
        conversation_id: id(2),
        seq: Seq::new(1),
        pos: Pos::new(1),
        author_id: id(3),
        client_id: "c".into(),
        body: "pagi".into(),
        reply_to: None,
        quote: None,
        forwarded: None,
        mentions: Vec::new(),
        mentions_all: false,
        reactions: Vec::new(),
        created_at: NOW,
        edited_at: None,
        deleted_at: None,
    }
}

pub(crate) fn quote() -> Quote {
    Quote {
        id: id(4),
        seq: Seq::new(1),
        author_id: id(3),
        body: "pagi".into(),
        edited_at: Some(NOW),
        deleted_at: Some(NOW),
    }
}

pub(crate) fn reaction() -> Reaction {
    Reaction { emoji: "👍".into(), count: 1, mine: true }
}

fn reply() -> Message {
    Message {
        reply_to: Some(id(4)),
        quote: Some(quote()),
        mentions: vec![id(3)],
        edited_at: Some(NOW),
        ..plain()
    }
}

pub(crate) fn forwarded() -> Message {
    Message { forwarded: Some(Forwarded { author_id: id(3), created_at: NOW }), ..plain() }
}

/// A message with everything that it may have, be it that no message has all of it at once.
pub(crate) fn full() -> Message {
    Message {
        forwarded: forwarded().forwarded,
        mentions_all: true,
        reactions: vec![reaction()],
        deleted_at: Some(NOW),
        ..reply()
    }
}

pub(crate) const fn own_cursor() -> ReadCursor {
    ReadCursor {
        conversation_id: Id::new(Uuid::from_u128(2)),
        user_id: Id::new(Uuid::from_u128(3)),
        read_seq: Seq::new(7),
        delivered_seq: Seq::new(9),
        unread: 2,
        mentions: 1,
        marked_unread: false,
    }
}

pub(crate) const fn presence() -> Presence {
    Presence { user_id: Id::new(Uuid::from_u128(3)), online: false, last_seen_at: Some(NOW) }
}

pub(crate) fn of_message() -> Notification {
    Notification {
        id: format!("{}:2", id(2)),
        kind: Concern::Mention,
        conversation_id: id(2),
        pos: Pos::new(2),
        by: id(3),
        at: NOW,
        message: Some(NotifiedMessage { id: id(1), seq: Seq::new(2), body: None }),
        unread: None,
        role: None,
        read: None,
    }
}

fn of_membership() -> Notification {
    Notification {
        kind: Concern::RoleChanged,
        message: None,
        role: Some(Role::Moderator),
        ..of_message()
    }
}

pub(crate) fn preferences() -> Preferences {
    Preferences { conversation_id: id(2), level: Some(Level::All), muted_until: Some(NOW) }
}

fn synced(reset: bool, more_cursors: bool, conversations: usize) -> ws::Synced {
    let conversation = ws::SyncedConversation {
        id: id(2),
        kind: ConversationKind::Direct,
        head: Pos::new(44),
        last_seq: Seq::new(43),
        read_seq: Seq::new(40),
        delivered_seq: Seq::new(43),
        unread: 3,
        mentions: 1,
        marked_unread: false,
    };
    ws::Synced {
        epoch: "5b0e".into(),
        reset,
        time: NOW,
        more_cursors,
        conversations: vec![conversation; conversations],
    }
}

fn problem(retry_after: Option<u64>, errors: Vec<FieldError>) -> Problem {
    Problem {
        code: "request.invalid",
        status: 422,
        title: "Invalid values",
        detail: "…".into(),
        request_id: None,
        retry_after,
        errors,
    }
}

/// What entries say: each type as often as its shape differs.
pub(crate) fn events() -> Vec<Event> {
    let everybody = Message { mentions_all: true, ..plain() };
    let named = MessageNamed { message_id: id(1), seq: Seq::new(1) };
    let reaction =
        ReactionChanged { message_id: id(1), seq: Seq::new(1), emoji: "👍".into(), count: 1 };
    let member = MemberRole { user_id: id(3), role: Role::Member };
    let gone = MemberGone { user_id: id(3) };
    let mut all: Vec<Event> = [plain(), reply(), forwarded(), everybody]
        .map(|message| Event::MessagePosted(MessagePosted { message }))
        .into();
    all.extend([
        Event::MessageEdited(MessageEdited { message: plain() }),
        Event::MessageDeleted(named),
        Event::ReactionAdded(reaction.clone()),
        Event::ReactionRemoved(reaction),
        Event::MessagePinned(named),
        Event::MessageUnpinned(named),
        Event::GroupCreated(GroupCreated { name: "n".into(), description: String::new() }),
        Event::GroupUpdated(GroupUpdated { name: Some("n".into()), description: None }),
        Event::GroupUpdated(GroupUpdated { name: None, description: Some("d".into()) }),
        Event::MemberJoined(member),
        Event::MemberLeft(gone),
        Event::MemberRemoved(gone),
        Event::MemberRoleChanged(member),
    ]);
    all
}

/// What an event carries: as often as its shape differs.
pub(crate) fn of_event(name: ws::EventName) -> Vec<Value> {
    use ws::EventName;
    match name {
        EventName::Ack => ws::CommandName::ALL
            .iter()
            .filter(|command| answer(**command).0 == EventName::Ack)
            .flat_map(|command| answer(*command).1)
            .collect(),
        EventName::Error => vec![
            json(problem(None, Vec::new())),
            json(problem(Some(1), Vec::new())),
            json(problem(
                None,
                vec![FieldError { field: "f".into(), code: "c", message: "m".into() }],
            )),
        ],
        EventName::Pong => vec![json(ws::Empty {})],
        EventName::Ready => vec![json(ws::Ready {
            session_id: id(5),
            user_id: id(3),
            epoch: "5b0e".into(),
            heartbeat_seconds: 25,
            time: NOW,
            limits: ws::Limits {
                frame_bytes: 1,
                message_bytes: 1,
                sync_positions: 1,
                replay_entries: 1,
            },
        })],
        EventName::Entry => events().into_iter().map(|event| json(entry(event))).collect(),
        EventName::Gap => {
            vec![json(ws::Gap { conversation_id: id(2), from: Pos::new(1), to: Pos::new(2) })]
        }
        EventName::Synced => {
            vec![
                json(synced(false, false, 1)),
                json(synced(true, false, 0)),
                json(synced(false, true, 0)),
            ]
        }
        EventName::Read => vec![
            json(own_cursor()),
            json(ws::OthersRead { conversation_id: id(2), user_id: id(3), read_seq: Seq::new(9) }),
        ],
        EventName::Delivered => vec![json(ws::DeliveredTo {
            conversation_id: id(2),
            user_id: id(3),
            delivered_seq: Seq::new(9),
        })],
        EventName::Typing => {
            vec![json(ws::IsTyping { conversation_id: id(2), user_id: id(3), expires_in: 6 })]
        }
        EventName::Presence => vec![json(presence())],
        EventName::Notification => vec![json(of_message()), json(of_membership())],
        EventName::NotificationsRead => vec![
            json(ws::NotificationsRead { ids: vec![of_message().id], unread: 3 }),
            json(ws::NotificationsRead { ids: Vec::new(), unread: 0 }),
        ],
        EventName::Preferences => vec![json(preferences())],
        EventName::ConversationAdded => vec![json(ws::ConversationAdded {
            conversation_id: id(2),
            kind: ConversationKind::Group,
            head: Pos::new(1),
        })],
        EventName::ConversationRemoved => {
            vec![json(ws::ConversationRemoved { conversation_id: id(2) })]
        }
    }
}

pub(crate) fn entry(event: Event) -> Entry {
    Entry { conversation_id: id(2), pos: Pos::new(1), at: NOW, by: id(3), event }
}

/// What answers a command that is done.
pub(crate) fn answer(command: ws::CommandName) -> (ws::EventName, Vec<Value>) {
    use ws::{CommandName, EventName};
    let data = match command {
        CommandName::Sync => return (EventName::Synced, of_event(EventName::Synced)),
        CommandName::Ping => return (EventName::Pong, of_event(EventName::Pong)),
        CommandName::MessageSend => json(ws::Sent { message: plain() }),
        CommandName::MessageForward => json(ws::Sent { message: forwarded() }),
        CommandName::MessageEdit | CommandName::ReactionRemove => {
            json(ws::Changed { message: plain() })
        }
        CommandName::ReactionAdd => {
            json(ws::Changed { message: Message { reactions: vec![reaction()], ..plain() } })
        }
        CommandName::Read | CommandName::Delivered | CommandName::Unread => json(own_cursor()),
        CommandName::Presence => json(ws::Watched { presences: vec![presence()] }),
        CommandName::Auth
        | CommandName::MessageDelete
        | CommandName::MessagePin
        | CommandName::MessageUnpin
        | CommandName::Typing => json(ws::Empty {}),
    };
    (EventName::Ack, vec![data])
}
