//! Who is typing in a conversation, said seldom enough.

use std::time::Duration;

use kabar_kernel::UserId;
use tokio::time::Instant;

/// The others are told again after this long at the earliest.
const AGAIN: Duration = Duration::from_secs(3);

/// Seconds after which a client takes it that somebody ceased to type, unless it is told again: one
/// repetition may be lost.
pub(super) const EXPIRES_IN: u32 = 6;

/// Of whom the others were told in the last seconds. Everybody in it is, or just was, a follower; who
/// is in it for longer than it matters is swept out.
#[derive(Default)]
pub(super) struct Told(Vec<(UserId, Instant)>);

impl Told {
    /// Whether the others are to be told now; if so, takes it as told.
    pub(super) fn is_due(&mut self, user: UserId, now: Instant) -> bool {
        self.sweep(now);
        let due = !self.0.iter().any(|(told, _)| *told == user);
        if due {
            self.0.push((user, now));
        }
        due
    }

    pub(super) fn forget(&mut self, user: UserId) {
        self.0.retain(|(told, _)| *told != user);
    }

    /// Lets go of what does not matter any more.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.0.retain(|(_, at)| now.duration_since(*at) < AGAIN);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
    }
}
