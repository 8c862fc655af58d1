//! Who may do what in a conversation: pure functions.
//!
//! | | member | moderator, admin, owner | in a direct conversation |
//! |---|---|---|---|
//! | read, post, forward, react | yes | yes | both |
//! | edit a message | its author, within the window | its author, within the window | its author, within the window |
//! | delete a message | its author | anybody's | its author |
//! | pin and unpin | no | yes | both |
//! | call everybody (`@all`) | no | yes | no: there is one other |

use std::time::Duration;

use kabar_kernel::{Role, RosterVersion, Timestamp, UserId};

use crate::{ConversationKind, Message, Standing};

/// Whether one may post, and against which roster that was decided. Every member may, in every kind
/// of conversation; `None` stands for whoever is not a member.
pub fn may_post(standing: Option<Standing>) -> Option<RosterVersion> {
    standing.map(|standing| standing.roster)
}

/// Why a message may not be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRefused {
    /// Somebody else wrote it.
    NotTheAuthor,
    /// It is deleted.
    Deleted,
    /// Its words are somebody else's.
    Forwarded,
    /// It was posted too long ago.
    TooLate,
}

/// Whether a member may change a message's text now. `window` is how long after its posting a message
/// may be edited.
///
/// # Errors
/// [`EditRefused`]
pub fn may_edit(
    actor: UserId,
    message: &Message,
    now: Timestamp,
    window: Duration,
) -> Result<(), EditRefused> {
    if message.author != actor {
        return Err(EditRefused::NotTheAuthor);
    }
    if message.is_deleted() {
        return Err(EditRefused::Deleted);
    }
    if message.forward.is_some() {
        return Err(EditRefused::Forwarded);
    }
    if now.since(message.created_at) > window {
        return Err(EditRefused::TooLate);
    }
    Ok(())
}

/// Whether a member may delete a message for everybody.
pub fn may_delete(standing: Standing, actor: UserId, message: &Message) -> bool {
    message.author == actor || moderates(standing)
}

/// Whether a member may pin and unpin messages.
pub fn may_pin(standing: Standing) -> bool {
    standing.kind == ConversationKind::Direct || moderates(standing)
}

/// Whether a member may call everybody.
pub fn may_call_all(standing: Standing) -> bool {
    moderates(standing)
}

fn moderates(standing: Standing) -> bool {
    standing.kind == ConversationKind::Group && standing.role >= Role::Moderator
}

#[cfg(test)]
mod tests {
    use kabar_kernel::{ConversationId, MessageId, Pos, Seq};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{ClientId, Forward, Mentions, MessageBody};

    const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
    const POSTED: Timestamp = Timestamp::from_millis(1_750_000_000_000);
    const ROLES: [Role; 4] = [Role::Member, Role::Moderator, Role::Admin, Role::Owner];

    fn user(number: u128) -> UserId {
        UserId::new(Uuid::from_u128(number))
    }

    const fn standing(kind: ConversationKind, role: Role) -> Standing {
        Standing { kind, role, roster: RosterVersion::new(1) }
    }

    fn message(author: UserId) -> Message {
        let id = MessageId::new(Uuid::from_u128(1));
        Message {
            id,
            conversation: ConversationId::new(Uuid::from_u128(2)),
            seq: Seq::new(1),
            pos: Pos::new(1),
            author,
            client_id: ClientId::from_message(id),
            body: MessageBody::from_stored("Apa kabar?".to_owned()),
            reply_to: None,
            quote: None,
            forward: None,
            mentions: Mentions::NONE,
            reactions: Vec::new(),
            created_at: POSTED,
            edited_at: None,
            deleted_at: None,
        }
    }

    fn deleted(message: Message) -> Message {
        Message { deleted_at: Some(POSTED), body: MessageBody::removed(), ..message }
    }

    fn forwarded(message: Message) -> Message {
        let forward = Forward { author: user(9), created_at: POSTED };
        Message { forward: Some(forward), ..message }
    }

    #[test]
    fn only_members_post() {
        assert_eq!(may_post(None), None);
        let member = standing(ConversationKind::Group, Role::Member);
        assert_eq!(may_post(Some(member)), Some(member.roster));
    }

    #[test]
    fn an_author_edits_until_the_window_is_over() {
        let (ayu, budi) = (user(1), user(2));
        let mine = message(ayu);
        let edit = |actor, message: &Message, later| {
            may_edit(actor, message, POSTED.after(Duration::from_millis(later)), WINDOW)
        };
        let window = 24 * 60 * 60 * 1000;
        assert_eq!(edit(ayu, &mine, 0), Ok(()));
        assert_eq!(edit(ayu, &mine, window), Ok(()));
        assert_eq!(edit(ayu, &mine, window + 1), Err(EditRefused::TooLate));
        assert_eq!(edit(budi, &mine, 0), Err(EditRefused::NotTheAuthor));
        assert_eq!(edit(ayu, &forwarded(mine.clone()), 0), Err(EditRefused::Forwarded));
        assert_eq!(edit(ayu, &deleted(mine.clone()), 0), Err(EditRefused::Deleted));
        // A clock that was put back does not end the window.
        assert_eq!(may_edit(ayu, &mine, POSTED.before(WINDOW), WINDOW), Ok(()));
        // Whoever did not write it learns nothing else about it.
        assert_eq!(edit(budi, &deleted(mine), window + 1), Err(EditRefused::NotTheAuthor));
    }

    #[test]
    fn roles_decide_in_groups_as_the_table_says() {
        for (role, moderates) in ROLES.into_iter().zip([false, true, true, true]) {
            let standing = standing(ConversationKind::Group, role);
            let (mine, others) = (message(user(1)), message(user(2)));
            assert!(may_delete(standing, user(1), &mine), "{role}");
            assert_eq!(may_delete(standing, user(1), &others), moderates, "{role}");
            assert_eq!(may_pin(standing), moderates, "{role}");
            assert_eq!(may_call_all(standing), moderates, "{role}");
        }
    }

    fn any_role() -> impl Strategy<Value = Role> {
        proptest::sample::select(&ROLES[..])
    }

    fn any_kind() -> impl Strategy<Value = ConversationKind> {
        proptest::sample::select(&[ConversationKind::Direct, ConversationKind::Group][..])
    }

    prop_compose! {
        fn any_message()(
            author in 1_u128..4,
            is_deleted: bool,
            is_forwarded: bool,
            millis in 0_i64..4_000_000_000_000,
        ) -> Message {
            let created_at = Timestamp::from_millis(millis);
            let message = Message { created_at, ..message(user(author)) };
            let message = if is_forwarded { forwarded(message) } else { message };
            if is_deleted { deleted(message) } else { message }
        }
    }

    proptest! {
        #[test]
        fn a_higher_role_may_do_what_a_lower_one_may(
            kind in any_kind(),
            roles in (any_role(), any_role()),
            actor in 1_u128..4,
            message in any_message(),
        ) {
            let lower = standing(kind, roles.0.min(roles.1));
            let higher = standing(kind, roles.0.max(roles.1));
            let actor = user(actor);
            prop_assert!(may_post(Some(higher)).is_some());
            prop_assert!(may_delete(lower, actor, &message) <= may_delete(higher, actor, &message));
            prop_assert!(may_pin(lower) <= may_pin(higher));
            prop_assert!(may_call_all(lower) <= may_call_all(higher));
        }

        #[test]
        fn both_sides_of_a_direct_conversation_may_do_the_same(
            role in any_role(),
            actor in 1_u128..4,
            message in any_message(),
        ) {
            let standing = standing(ConversationKind::Direct, role);
            let actor = user(actor);
            prop_assert_eq!(may_delete(standing, actor, &message), message.author == actor);
            prop_assert!(may_pin(standing));
            prop_assert!(!may_call_all(standing));
        }

        #[test]
        fn nobody_edits_the_message_of_another(
            actor in 1_u128..4,
            message in any_message(),
            now in 0_i64..4_000_000_000_000,
            window in 0_u64..u64::MAX,
        ) {
            let (actor, now) = (user(actor), Timestamp::from_millis(now));
            let verdict = may_edit(actor, &message, now, Duration::from_millis(window));
            prop_assert_eq!(
                verdict == Err(EditRefused::NotTheAuthor),
                message.author != actor
            );
            if verdict == Ok(()) {
                prop_assert!(!message.is_deleted() && message.forward.is_none());
                prop_assert!(now.since(message.created_at) <= Duration::from_millis(window));
            }
        }
    }
}
