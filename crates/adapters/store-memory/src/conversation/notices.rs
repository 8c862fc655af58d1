use std::ops::BitOr;

use kabar_chats::Excerpt;
use kabar_groups::Act;
use kabar_kernel::{Pos, Role, UserId};
use kabar_notifications::{About, Concern, Level, Notification, NotificationId, Quoted};

use super::{ConversationRow, MemberRow, MessageRow, length};

/// What a member is to be notified of that no message says: that they were made one, or got another
/// role.
#[derive(Clone, Copy)]
pub(super) struct Notice {
    user: UserId,
    concern: Concern,
    role: Role,
    pos: Pos,
    act: Act,
}

impl ConversationRow {
    /// Writes down that the next entry, by somebody else, makes the user a member or gives them a role.
    pub(crate) fn notify_next(&mut self, act: Act, concern: Concern, user: UserId, role: Role) {
        if user != act.by {
            let pos = self.head().next();
            self.notices.push(Notice { user, concern, role, pos, act });
        }
    }

    /// What of this conversation stands in a member's inbox, in no order.
    pub(crate) fn inbox_of(&self, user: UserId) -> Vec<Notification> {
        let Some(member) = self.roster.get(&user) else { return Vec::new() };
        if member.preferences.level(self.is_direct()) == Level::None {
            return Vec::new();
        }
        let waiting = self.waiting_direct(member);
        let last = waiting.as_ref().map(|waiting| waiting.id.pos);
        let messages = self.messages.iter().filter(|row| Some(row.bare().pos) != last);
        let messages = messages.filter_map(|row| self.of_message(row, member));
        let notices = self.notices.iter().filter_map(|notice| self.of_notice(notice, member));
        messages.chain(notices).chain(waiting).collect()
    }

    /// Marks all that stands in the member's inbox, under the same rules.
    pub(crate) fn mark_all_notified(&mut self, user: UserId) -> bool {
        let held = self.inbox_of(user).into_iter().filter(|held| !held.read);
        let held: Vec<Pos> = held.map(|held| held.id.pos).collect();
        held.into_iter().map(|pos| self.mark_notified(user, pos)).fold(false, BitOr::bitor)
    }

    /// Marks a notification that stands in the member's inbox; answers whether it was unread. Those of
    /// direct conversations are read by reading.
    pub(crate) fn mark_notified(&mut self, user: UserId, pos: Pos) -> bool {
        let held = self.inbox_of(user).into_iter().find(|held| held.id.pos == pos);
        match held {
            Some(held) if !held.read && !self.is_direct() => self.marked.insert((user, pos)),
            _ => false,
        }
    }

    /// The one notification of a direct conversation with messages that wait: of the last of them.
    fn waiting_direct(&self, member: &MemberRow) -> Option<Notification> {
        if !self.is_direct() {
            return None;
        }
        let after = self.messages.get(length(member.read_seq.get())..)?;
        let last = after.iter().rfind(|row| row.is_for(member.member.user))?;
        let message = last.bare();
        Some(Notification {
            id: self.notification(message.pos),
            concern: Concern::Message,
            by: message.author,
            at: message.created_at,
            about: About::Message { message: quoted(last), unread: self.waiting(member).0 },
            read: false,
        })
    }

    fn of_message(&self, row: &MessageRow, member: &MemberRow) -> Option<Notification> {
        let user = member.member.user;
        let (concern, call) = row.concern(user)?;
        (call.pos >= member.joined).then(|| Notification {
            id: self.notification(call.pos),
            concern,
            by: row.bare().author,
            at: call.at,
            about: About::Message { message: quoted(row), unread: 1 },
            read: row.bare().seq <= member.read_seq || self.marked.contains(&(user, call.pos)),
        })
    }

    fn of_notice(&self, notice: &Notice, member: &MemberRow) -> Option<Notification> {
        let user = member.member.user;
        (notice.user == user && notice.pos >= member.joined).then(|| Notification {
            id: self.notification(notice.pos),
            concern: notice.concern,
            by: notice.act.by,
            at: notice.act.at,
            about: About::Membership { role: notice.role },
            read: self.marked.contains(&(user, notice.pos)),
        })
    }

    const fn notification(&self, pos: Pos) -> NotificationId {
        NotificationId { conversation: self.id, pos }
    }
}

fn quoted(row: &MessageRow) -> Quoted {
    let message = row.bare();
    let excerpt = Excerpt::of(message.body.as_str()).as_str().to_owned();
    Quoted { id: message.id, seq: message.seq, excerpt }
}
