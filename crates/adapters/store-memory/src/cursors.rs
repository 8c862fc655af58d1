use std::cmp::Reverse;

use async_trait::async_trait;
use kabar_chats::{
    Cursor, MemberReceipt, MovedCursors, Receipts,
    ports::{Audience, CursorStore},
};
use kabar_kernel::{ConversationId, PortResult, Seq, Timestamp, UserId};

use crate::{
    MemoryStore,
    conversation::{ConversationRow, Mark, MemberRow, Moved},
    state::State,
};

/// A member's cursor, for themselves.
fn cursor(state: &State, row: &ConversationRow, member: &MemberRow, audience: Audience) -> Cursor {
    let shown = row.shows_receipts(audience) && state.privacy(member.member.user).receipts;
    row.cursor(member, shown)
}

/// The other members of a conversation who show how far they are.
fn others<'a>(
    state: &'a State,
    row: &'a ConversationRow,
    reader: UserId,
) -> impl Iterator<Item = &'a MemberRow> {
    let members = row.roster.values().filter(move |member| member.member.user != reader);
    members.filter(|member| state.privacy(member.member.user).receipts)
}

/// The latest of what moved, latest first.
fn latest<T>(mut moved: Vec<(Timestamp, T)>, limit: u16) -> Vec<T> {
    moved.sort_by_key(|(at, _)| Reverse(*at));
    moved.into_iter().take(usize::from(limit)).map(|(_, moved)| moved).collect()
}

impl MemoryStore {
    fn mark(
        &self,
        conversation: ConversationId,
        reader: UserId,
        mark: Mark,
        at: Timestamp,
        audience: Audience,
    ) -> Option<Cursor> {
        let (cursor, moved) = self.change(|state| {
            let moved = state.conversations.get_mut(&conversation)?.mark(reader, mark, at)?;
            let row = state.conversations.get(&conversation)?;
            Some((cursor(state, row, row.roster.get(&reader)?, audience), moved))
        })?;
        match moved {
            Moved::Nothing => {}
            Moved::Delivered => self.shared.feed.delivered(cursor),
            Moved::Read => self.shared.feed.read(cursor),
            Moved::Mark => self.shared.feed.read(Cursor { shown: false, ..cursor }),
        }
        Some(cursor)
    }
}

#[async_trait]
impl CursorStore for MemoryStore {
    async fn mark_read(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>> {
        Ok(self.mark(conversation, reader, Mark::Read(seq), at, audience))
    }

    async fn mark_delivered(
        &self,
        conversation: ConversationId,
        reader: UserId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>> {
        Ok(self.mark(conversation, reader, Mark::Delivered(seq), at, audience))
    }

    async fn mark_unread(
        &self,
        conversation: ConversationId,
        reader: UserId,
        at: Timestamp,
        audience: Audience,
    ) -> PortResult<Option<Cursor>> {
        Ok(self.mark(conversation, reader, Mark::Unread, at, audience))
    }

    async fn receipts(
        &self,
        conversation: ConversationId,
        reader: UserId,
        audience: Audience,
    ) -> PortResult<Option<Receipts>> {
        Ok(self.read(|state| {
            let row = state.opened(conversation, reader)?;
            if !row.shows_receipts(audience) {
                return Some(Receipts::TooLarge);
            }
            let members = others(state, row, reader);
            let mut receipts: Vec<_> = members
                .map(|member| MemberReceipt {
                    receipt: row.receipt(member),
                    joined_pos: member.joined,
                })
                .collect();
            receipts.sort_unstable_by_key(|member| member.receipt.user);
            Some(Receipts::Shown(receipts))
        }))
    }

    async fn moved_since(
        &self,
        reader: UserId,
        since: Timestamp,
        audience: Audience,
        limit: u16,
    ) -> PortResult<MovedCursors> {
        let is_late = |at: &Timestamp| *at >= since;
        Ok(self.read(|state| {
            let (mut own, mut of_others) = (Vec::new(), Vec::new());
            for row in state.conversations_of(reader) {
                let member = row.roster.get(&reader);
                own.extend(member.and_then(|member| {
                    Some((member.own_at.filter(is_late)?, cursor(state, row, member, audience)))
                }));
                if row.shows_receipts(audience) {
                    let others = others(state, row, reader);
                    of_others.extend(others.filter_map(|member| {
                        Some((member.cursor_at.filter(is_late)?, row.receipt(member)))
                    }));
                }
            }
            MovedCursors { own: latest(own, limit), others: latest(of_others, limit) }
        }))
    }
}
