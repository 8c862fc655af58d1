//! A connection whose user is known.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use kabar_kernel::{ConversationId, SessionId, Timestamp, UserId};
use kabar_notifications::{Concern, Level, Rules};

use crate::Connection;

/// A connection with the identity it was authenticated as, which is fixed for its life, and with what
/// its user wishes to be told and to show.
///
/// Wishes come from two sides: whoever connects the device loads them, and the hub hears of changes.
/// A change may be heard while an older state is being loaded, and the loaded one arrives last. So the
/// loading begins after the device is in the hub, and what it found ([`init_rules`](Self::init_rules),
/// [`init_typing`](Self::init_typing)) counts only as long as no change was heard: a change that was
/// not heard was committed before the loading began, and is in what it found. Until its user's rules
/// are known a device is told of nothing that concerns them: who has muted everything is not to be
/// told while their device connects, and live events begin when it is connected.
pub struct Device {
    /// Its socket.
    pub connection: Arc<Connection>,
    /// Whose it is.
    pub user: UserId,
    /// The session it acts in.
    pub session: SessionId,
    expires_at: AtomicI64,
    wishes: Mutex<Wishes>,
    /// Whether the rules are known to be the default ones, so that most devices are never locked.
    has_default_rules: AtomicBool,
    /// Whether every message of some group is wanted.
    is_loud: AtomicBool,
    shows_typing: AtomicBool,
}

/// What the user wishes, and whether it was heard of as a change.
#[derive(Default)]
struct Wishes {
    /// Shared by the devices of a user; `None` for the default ones, which most users have.
    rules: Option<Arc<Rules>>,
    rules_are_known: bool,
    rules_were_heard: bool,
    typing_was_heard: bool,
}

impl Device {
    /// A device whose token is good until `expires_at`. It is told of nothing that concerns its user
    /// until their rules are known, and shows that they are typing until it is known otherwise.
    pub fn new(
        connection: Arc<Connection>,
        user: UserId,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            connection,
            user,
            session,
            expires_at: AtomicI64::new(expires_at.as_millis()),
            wishes: Mutex::default(),
            has_default_rules: AtomicBool::new(false),
            is_loud: AtomicBool::new(false),
            shows_typing: AtomicBool::new(true),
        }
    }

    /// Notes that the client presented a fresher token of the same session. Never shortens.
    pub fn renew(&self, expires_at: Timestamp) {
        self.expires_at.fetch_max(expires_at.as_millis(), Ordering::Relaxed);
    }

    /// Whether the last token presented is over.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now.as_millis() >= self.expires_at.load(Ordering::Relaxed)
    }

    /// By these rules, loaded after the device was attached, its user is told; unless a change was
    /// heard of meanwhile.
    pub fn init_rules(&self, rules: Rules) {
        let wishes = self.lock();
        if !wishes.rules_were_heard {
            self.set_rules(wishes, shared(rules));
        }
    }

    /// Whether it may be shown that the user is typing, as loaded after the device was attached;
    /// unless a change was heard of meanwhile.
    pub fn init_typing(&self, shown: bool) {
        let wishes = self.lock();
        if !wishes.typing_was_heard {
            self.shows_typing.store(shown, Ordering::Relaxed);
        }
    }

    /// By these rules the user is told from now on.
    pub(crate) fn hear_rules(&self, rules: Option<Arc<Rules>>) {
        let mut wishes = self.lock();
        wishes.rules_were_heard = true;
        self.set_rules(wishes, rules);
    }

    /// Nothing that was decided for this conversation holds any more.
    pub(crate) fn forget_preferences(&self, conversation: ConversationId) {
        let wishes = self.lock();
        let decided =
            wishes.rules.as_ref().filter(|rules| rules.conversations.contains_key(&conversation));
        if let Some(rules) = decided {
            let mut rules = Rules::clone(rules);
            rules.conversations.remove(&conversation);
            self.set_rules(wishes, shared(rules));
        }
    }

    /// Whether it may be shown from now on that the user is typing.
    pub(crate) fn hear_typing(&self, shown: bool) {
        self.lock().typing_was_heard = true;
        self.shows_typing.store(shown, Ordering::Relaxed);
    }

    pub(crate) fn shows_typing(&self) -> bool {
        self.shows_typing.load(Ordering::Relaxed)
    }

    /// Whether the user wants to be told of every message of a group.
    pub(crate) fn wants_all(&self, group: ConversationId) -> bool {
        // Asked for every follower of every group at every message: mostly one load.
        self.is_loud.load(Ordering::Relaxed)
            && self.lock().rules.as_ref().is_some_and(|rules| rules.wants_all(group))
    }

    /// Whether the user is told now of what concerns them so.
    pub(crate) fn is_told(
        &self,
        conversation: ConversationId,
        is_direct: bool,
        concern: Concern,
        now: Timestamp,
    ) -> bool {
        let by_default = is_direct || concern != Concern::Message;
        if self.has_default_rules.load(Ordering::Relaxed) {
            return by_default;
        }
        let wishes = self.lock();
        match wishes.rules.clone() {
            Some(rules) => {
                drop(wishes);
                rules.tell(conversation, is_direct, concern, now)
            }
            None => wishes.rules_are_known && by_default,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wishes> {
        // Nothing panics while it holds the lock.
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_rules(&self, mut wishes: MutexGuard<'_, Wishes>, rules: Option<Arc<Rules>>) {
        let is_loud = rules.as_ref().is_some_and(|rules| {
            rules.conversations.values().any(|preferences| preferences.level == Some(Level::All))
        });
        self.has_default_rules.store(rules.is_none(), Ordering::Relaxed);
        self.is_loud.store(is_loud, Ordering::Relaxed);
        wishes.rules_are_known = true;
        wishes.rules = rules;
    }
}

/// The rules as devices keep them: nothing for the default ones.
pub(crate) fn shared(rules: Rules) -> Option<Arc<Rules>> {
    (rules != Rules::default()).then(|| Arc::new(rules))
}

#[cfg(test)]
mod tests {
    use kabar_notifications::Preferences;

    use super::*;
    use crate::QueueLimits;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(number: u8) -> T {
        format!("0190a0a0-0000-7000-8000-{number:012}").parse().unwrap()
    }

    fn device() -> Device {
        let connection = Arc::new(Connection::new(QueueLimits::default(), 0));
        Device::new(connection, id(1), id(2), NOW)
    }

    fn with_level(level: Level) -> Rules {
        let preferences = Preferences { level: Some(level), muted_until: None };
        Rules { quiet: None, conversations: [(id(3), preferences)].into() }
    }

    #[test]
    fn nothing_is_told_before_the_rules_are_known() {
        let device = device();
        assert!(!device.is_told(id(3), true, Concern::Message, NOW));
        assert!(!device.is_told(id(3), false, Concern::Mention, NOW));
        device.init_rules(Rules::default());
        assert!(device.is_told(id(3), true, Concern::Message, NOW));
    }

    #[test]
    fn a_device_with_default_rules_is_told_what_they_tell() {
        let device = device();
        device.init_rules(Rules::default());
        for is_direct in [true, false] {
            for concern in [
                Concern::Message,
                Concern::Mention,
                Concern::MentionAll,
                Concern::Reply,
                Concern::Joined,
                Concern::RoleChanged,
            ] {
                let told = Rules::default().tell(id(3), is_direct, concern, NOW);
                assert_eq!(device.is_told(id(3), is_direct, concern, NOW), told, "{concern:?}");
            }
        }
        assert!(!device.wants_all(id(3)));
    }

    #[test]
    fn rules_that_were_loaded_hold_until_others_are_heard_of() {
        let device = device();
        device.init_rules(with_level(Level::All));
        assert!(device.wants_all(id(3)) && !device.wants_all(id(4)));
        device.hear_rules(shared(with_level(Level::None)));
        assert!(!device.wants_all(id(3)));
        assert!(!device.is_told(id(3), true, Concern::Message, NOW));
        device.hear_rules(shared(Rules::default()));
        assert!(device.is_told(id(3), true, Concern::Message, NOW));
    }

    #[test]
    fn what_was_loaded_before_a_change_never_replaces_it() {
        let device = device();
        device.hear_rules(shared(Rules::default()));
        device.hear_typing(false);
        device.init_rules(with_level(Level::All));
        device.init_typing(true);
        assert!(!device.wants_all(id(3)));
        assert!(!device.shows_typing());
    }

    #[test]
    fn rules_and_typing_are_heard_of_apart() {
        let device = device();
        device.hear_rules(None);
        device.init_typing(false);
        assert!(!device.shows_typing());
    }
}
