//! How values of the domains stand in rows.

mod change;
mod message;

use kabar_chats::ConversationKind;
use kabar_kernel::Role;
use sea_orm::{QueryResult, TryGetable};

pub(crate) use self::{
    change::{change_of, event_of, posted, subject_of},
    message::{
        MESSAGE_COLUMNS, QUOTE_COLUMNS, QUOTED, mentions_text, message, quote, quoted, reactions,
        reactions_of,
    },
};
use crate::failure::Failure;

/// A number of the log as it is stored. Those beyond `i64` stand for "past everything".
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A stored number of the log.
pub(crate) fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// A number of items as it is stored.
pub(crate) fn stored_len(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

pub(crate) const fn role_code(role: Role) -> i16 {
    match role {
        Role::Member => 0,
        Role::Moderator => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

pub(crate) const fn role(code: i16) -> Result<Role, Failure> {
    match code {
        0 => Ok(Role::Member),
        1 => Ok(Role::Moderator),
        2 => Ok(Role::Admin),
        3 => Ok(Role::Owner),
        _ => Err(Failure::Unreadable("role")),
    }
}

pub(crate) const fn kind_code(kind: ConversationKind) -> i16 {
    match kind {
        ConversationKind::Direct => 0,
        ConversationKind::Group => 1,
    }
}

pub(crate) const fn kind(code: i16) -> Result<ConversationKind, Failure> {
    match code {
        0 => Ok(ConversationKind::Direct),
        1 => Ok(ConversationKind::Group),
        _ => Err(Failure::Unreadable("kind of conversation")),
    }
}

/// Reads the columns of a row in their order.
pub(crate) struct Columns<'row> {
    row: &'row QueryResult,
    next: usize,
}

impl<'row> Columns<'row> {
    pub(crate) const fn of(row: &'row QueryResult) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn next<T: TryGetable>(&mut self) -> Result<T, Failure> {
        let value = self.row.try_get_by(self.next)?;
        self.next += 1;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_kinds_read_back_as_they_were_written() {
        for each in [Role::Member, Role::Moderator, Role::Admin, Role::Owner] {
            assert_eq!(role(role_code(each)).unwrap(), each);
        }
        for each in [ConversationKind::Direct, ConversationKind::Group] {
            assert_eq!(kind(kind_code(each)).unwrap(), each);
        }
        assert!(role(4).is_err());
        assert!(kind(2).is_err());
    }
}
