use std::collections::HashMap;

use kabar_kernel::{ConversationId, Timestamp};

use super::{Concern, Level, Preferences, QuietHours};

/// All by which it is decided whether a user is told of something now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// When they want to be left alone.
    pub quiet: Option<QuietHours>,
    /// What they decided for single conversations; where they decided nothing, the conversation is
    /// not in it.
    pub conversations: HashMap<ConversationId, Preferences>,
}

impl Rules {
    /// Whether the user is told now of something that concerns them in a conversation.
    pub fn tell(
        &self,
        conversation: ConversationId,
        is_direct: bool,
        concern: Concern,
        now: Timestamp,
    ) -> bool {
        let preferences = self.conversations.get(&conversation).copied().unwrap_or_default();
        let least = match concern {
            Concern::Message => Level::All,
            Concern::Mention
            | Concern::MentionAll
            | Concern::Reply
            | Concern::Joined
            | Concern::RoleChanged => Level::Mentions,
        };
        preferences.level(is_direct) >= least
            && preferences.muted_until.is_none_or(|until| until <= now)
            && !self.quiet.as_ref().is_some_and(|quiet| quiet.cover(now))
    }

    /// Whether the user wants to be told of every message of a group.
    pub fn wants_all(&self, group: ConversationId) -> bool {
        self.conversations
            .get(&group)
            .is_some_and(|preferences| preferences.level == Some(Level::All))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::MinuteOfDay;

    const NOW: Timestamp = Timestamp::from_millis(1_772_357_400_000);

    fn here() -> ConversationId {
        "0198c0de-0000-7000-8000-000000000001".parse().unwrap()
    }

    fn rules(level: Option<Level>, muted_until: Option<Timestamp>) -> Rules {
        let conversations = [(here(), Preferences { level, muted_until })].into();
        Rules { quiet: None, conversations }
    }

    #[test]
    fn direct_messages_are_told_and_messages_of_groups_are_not() {
        let rules = Rules::default();
        assert!(rules.tell(here(), true, Concern::Message, NOW));
        assert!(!rules.tell(here(), false, Concern::Message, NOW));
        for concern in [Concern::Mention, Concern::MentionAll, Concern::Reply, Concern::Joined] {
            assert!(rules.tell(here(), false, concern, NOW), "{concern:?}");
        }
    }

    #[test]
    fn a_level_decides_what_is_told() {
        assert!(rules(Some(Level::All), None).tell(here(), false, Concern::Message, NOW));
        assert!(!rules(Some(Level::Mentions), None).tell(here(), true, Concern::Message, NOW));
        assert!(rules(Some(Level::Mentions), None).tell(here(), true, Concern::Reply, NOW));
        assert!(!rules(Some(Level::None), None).tell(here(), false, Concern::Mention, NOW));
    }

    #[test]
    fn a_group_is_told_whole_to_whoever_says_so_only() {
        let elsewhere = "0198c0de-0000-7000-8000-000000000002".parse().unwrap();
        assert!(rules(Some(Level::All), None).wants_all(here()));
        assert!(!rules(Some(Level::All), None).wants_all(elsewhere));
        for level in [None, Some(Level::Mentions), Some(Level::None)] {
            assert!(!rules(level, None).wants_all(here()), "{level:?}");
        }
        assert!(!rules(Some(Level::All), None).tell(elsewhere, false, Concern::Message, NOW));
    }

    #[test]
    fn a_mute_ends_by_itself() {
        let until = |millis| rules(None, Some(Timestamp::from_millis(NOW.as_millis() + millis)));
        assert!(!until(1).tell(here(), true, Concern::Message, NOW));
        assert!(until(0).tell(here(), true, Concern::Message, NOW));
    }

    #[test]
    fn nothing_is_told_in_quiet_hours() {
        let minute = |minute| MinuteOfDay::new(minute).unwrap();
        let quiet = |from, to| Rules {
            quiet: Some(QuietHours::new("Etc/UTC", minute(from), minute(to)).unwrap()),
            ..Rules::default()
        };
        // 09:30 UTC.
        assert!(!quiet(9 * 60, 10 * 60).tell(here(), true, Concern::Message, NOW));
        assert!(quiet(10 * 60, 11 * 60).tell(here(), true, Concern::Message, NOW));
    }

    fn any_rules() -> impl Strategy<Value = Rules> {
        let levels = vec![None, Some(Level::None), Some(Level::Mentions), Some(Level::All)];
        let muted = proptest::option::of(-2_i64..3);
        let quiet = proptest::option::of((0_u16..1440, 1_u16..1440));
        (select(levels), muted, quiet).prop_map(|(level, muted, quiet)| {
            let until = muted.map(|millis| Timestamp::from_millis(NOW.as_millis() + millis));
            let minute = |minute| MinuteOfDay::new(minute % 1440).unwrap();
            let quiet = quiet.map(|(from, length)| {
                QuietHours::new("Asia/Jakarta", minute(from), minute(from + length)).unwrap()
            });
            Rules { quiet, ..rules(level, until) }
        })
    }

    proptest! {
        #[test]
        fn a_message_that_is_told_is_told_as_well_when_it_calls(
            rules in any_rules(),
            is_direct: bool,
        ) {
            let told = |concern| rules.tell(here(), is_direct, concern, NOW);
            let others = [Concern::MentionAll, Concern::Reply, Concern::Joined, Concern::RoleChanged];
            for concern in others {
                prop_assert!(told(Concern::Message) <= told(concern));
                prop_assert_eq!(told(Concern::Mention), told(concern), "calls are alike");
            }
            prop_assert!(rules.tell(here(), false, Concern::Message, NOW) <= told(Concern::Message));
        }

        #[test]
        fn a_mute_and_quiet_hours_take_away_and_never_add(rules in any_rules(), is_direct: bool) {
            let loud = Rules { quiet: None, ..rules.clone() };
            let mut unmuted = loud.clone();
            for preferences in unmuted.conversations.values_mut() {
                preferences.muted_until = None;
            }
            for concern in [Concern::Message, Concern::Mention] {
                let told = |rules: &Rules| rules.tell(here(), is_direct, concern, NOW);
                prop_assert!(told(&rules) <= told(&loud) && told(&loud) <= told(&unmuted));
            }
        }
    }
}
