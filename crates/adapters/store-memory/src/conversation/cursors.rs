use kabar_chats::{Cursor, Receipt, UNREAD_CAP, ports::Audience};
use kabar_kernel::{Seq, Timestamp, UserId};

use super::{ConversationRow, MemberRow, MessageRow, length};

/// What moved of a cursor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    Nothing,
    /// Only how far is received.
    Delivered,
    /// How far is read.
    Read,
    /// Only whether the conversation is marked as unread.
    Mark,
}

/// What somebody says of their own cursor.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Read(Seq),
    Delivered(Seq),
    Unread,
}

impl MemberRow {
    fn mark(&mut self, mark: Mark, last: Seq, at: Timestamp) -> Moved {
        let before = (self.read_seq, self.delivered_seq, self.marked_unread);
        match mark {
            Mark::Read(seq) => {
                self.read_seq = seq.min(last).max(self.read_seq);
                self.delivered_seq = self.delivered_seq.max(self.read_seq);
                self.marked_unread = false;
            }
            Mark::Delivered(seq) => self.delivered_seq = seq.min(last).max(self.delivered_seq),
            Mark::Unread => self.marked_unread = true,
        }
        let (read_seq, delivered_seq, marked_unread) = before;
        let moved = if read_seq != self.read_seq {
            Moved::Read
        } else if delivered_seq != self.delivered_seq {
            Moved::Delivered
        } else if marked_unread != self.marked_unread {
            Moved::Mark
        } else {
            return Moved::Nothing;
        };
        self.own_at = self.own_at.max(Some(at));
        if moved != Moved::Mark {
            self.cursor_at = self.cursor_at.max(Some(at));
        }
        moved
    }
}

impl ConversationRow {
    /// How many messages wait for a member, and how many of them call that member; both counted up to
    /// the cap.
    pub(super) fn waiting(&self, member: &MemberRow) -> (u32, u32) {
        let user = member.member.user;
        let after = self.messages.iter().skip(length(member.read_seq.get()));
        let waiting = after.filter(|row| row.is_for(user));
        let calling = waiting.clone().filter(|row| row.bare().mentions.calls(user));
        (capped(waiting), capped(calling))
    }

    /// Moves a member's cursor.
    pub(crate) fn mark(&mut self, user: UserId, mark: Mark, at: Timestamp) -> Option<Moved> {
        let last = self.last_seq();
        Some(self.roster.get_mut(&user)?.mark(mark, last, at))
    }

    /// Whether members are shown how far the others are.
    pub(crate) fn shows_receipts(&self, audience: Audience) -> bool {
        self.is_direct() || self.member_count() <= audience.members
    }

    /// A member's cursor for themselves; `shown` is whether others may see it.
    pub(crate) fn cursor(&self, member: &MemberRow, shown: bool) -> Cursor {
        let (unread, mentions) = self.waiting(member);
        Cursor {
            conversation: self.id,
            user: member.member.user,
            read_seq: member.read_seq,
            delivered_seq: member.delivered_seq,
            unread,
            mentions,
            marked_unread: member.marked_unread,
            shown,
        }
    }

    /// A member's cursor for others.
    pub(crate) const fn receipt(&self, member: &MemberRow) -> Receipt {
        Receipt {
            conversation: self.id,
            user: member.member.user,
            read_seq: member.read_seq,
            delivered_seq: member.delivered_seq,
        }
    }
}

fn capped<'a>(rows: impl Iterator<Item = &'a MessageRow>) -> u32 {
    let cap = usize::try_from(UNREAD_CAP).unwrap_or(usize::MAX);
    u32::try_from(rows.take(cap).count()).unwrap_or(UNREAD_CAP)
}
