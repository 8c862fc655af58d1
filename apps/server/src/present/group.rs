use kabar_chats::Conversation;
use kabar_groups::{Group, Member};
use kabar_kernel::Role;

use super::{conversation, id, time};

/// A group with its conversation, as the member sees both for whom they were read.
pub(crate) fn group(group: &Group, of: Conversation) -> kabar_wire::Group {
    kabar_wire::Group {
        id: id(group.id),
        name: group.name.as_str().to_owned(),
        description: group.description.as_str().to_owned(),
        role: role(group.role),
        member_count: group.member_count,
        created_at: time(group.created_at),
        conversation: conversation(of),
    }
}

/// A member of a group.
pub(crate) fn member(member: &Member) -> kabar_wire::Member {
    kabar_wire::Member {
        user_id: id(member.user),
        role: role(member.role),
        joined_at: time(member.joined_at),
    }
}

/// A role.
pub(crate) const fn role(role: Role) -> kabar_wire::Role {
    match role {
        Role::Member => kabar_wire::Role::Member,
        Role::Moderator => kabar_wire::Role::Moderator,
        Role::Admin => kabar_wire::Role::Admin,
        Role::Owner => kabar_wire::Role::Owner,
    }
}
