use kabar_chats::{Conversation, ConversationKind, RosterMember};

use super::{id, pos, role, seq, time};

/// A conversation as the member sees it for whom it was read.
pub(crate) fn conversation(conversation: Conversation) -> kabar_wire::Conversation {
    let state = conversation.state;
    kabar_wire::Conversation {
        id: id(state.id),
        kind: kind(state.kind),
        name: conversation.name,
        role: role(conversation.role),
        head: pos(state.head),
        last_seq: seq(state.last_seq),
        read_seq: seq(state.read_seq),
        delivered_seq: seq(state.delivered_seq),
        unread: state.unread,
        mentions: state.mentions,
        marked_unread: state.marked_unread,
        member_count: conversation.member_count,
        members: conversation.members.iter().map(roster_member).collect(),
        created_at: time(conversation.created_at),
        active_at: time(conversation.active_at),
    }
}

pub(crate) const fn kind(kind: ConversationKind) -> kabar_wire::ConversationKind {
    match kind {
        ConversationKind::Direct => kabar_wire::ConversationKind::Direct,
        ConversationKind::Group => kabar_wire::ConversationKind::Group,
    }
}

fn roster_member(member: &RosterMember) -> kabar_wire::RosterMember {
    kabar_wire::RosterMember { user_id: id(member.user), role: role(member.role) }
}
